"""What a PagedTable tells its screen. Use them as PagedTable.RowSelected and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from tui.widgets.columns import Row

if TYPE_CHECKING:
    from tui.widgets.paged_table import PagedTable


class TableMessage(Message, namespace="paged_table"):
    """Base of the messages of a table; `control` lets `@on(…, "#id")` choose one."""

    def __init__(self, table: PagedTable) -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> PagedTable:
        return self.table


class PageRequested(TableMessage, namespace="paged_table"):
    """A page is on screen, or about to be, and not here: rows offset … offset + limit - 1.

    Asked once. Answer with `set_page(index, rows, generation)`, or `page_failed(index)`.
    """

    def __init__(self, table: PagedTable, page_index: int, generation: int) -> None:
        super().__init__(table)
        self.page_index = page_index
        self.generation = generation
        self.limit = table.page_size
        self.offset = page_index * table.page_size


class RowHighlighted(TableMessage, namespace="paged_table"):
    """The cursor stands on another row, or its row has arrived (`row` None: not yet)."""

    def __init__(self, table: PagedTable, row_index: int, row: Row | None) -> None:
        super().__init__(table)
        self.row_index = row_index
        self.row = row


class CellHighlighted(TableMessage, namespace="paged_table"):
    """The cursor stands on another cell; `value` is the full one, however much is shown."""

    def __init__(self, table: PagedTable, row_index: int, column_key: str, value: object) -> None:
        super().__init__(table)
        self.row_index = row_index
        self.column_key = column_key
        self.value = value


class RowSelected(TableMessage, namespace="paged_table"):
    """Enter, a double click, or a click on the cell under the cursor."""

    def __init__(self, table: PagedTable, row_index: int, row: Row, column_key: str) -> None:
        super().__init__(table)
        self.row_index = row_index
        self.row = row
        self.column_key = column_key


class HeaderSelected(TableMessage, namespace="paged_table"):
    """A click on a column's header; the screen sorts, and then calls `set_sort`."""

    def __init__(self, table: PagedTable, column_key: str) -> None:
        super().__init__(table)
        self.column_key = column_key
