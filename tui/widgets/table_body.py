"""What a table of pages holds and how it is drawn; who moves in it is `PagedTable`.

Whatever is not there yet is drawn as a quiet placeholder in its final place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip

from tui.text import safe_content
from tui.widgets.columns import Column, Row, Slot, layout_columns
from tui.widgets.line_view import LineView
from tui.widgets.pages import Rows
from tui.widgets.table_lines import CURSOR_MARK, centred, header_line, join_cells, row_cells

HEADER_HEIGHT = 1


class TableBody(LineView):
    """Columns over rows, of which one is under the cursor."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "paged-table--header",
        "paged-table--row",
        "paged-table--attention",
        "paged-table--danger",
        "paged-table--write",
        "paged-table--failed",
        "paged-table--muted",
        "paged-table--missing",
        "paged-table--notice",
        "paged-table--cursor",
        "paged-table--cursor-cell",
    }
    DEFAULT_CSS = """
    TableBody {
        height: 1fr;
        min-height: 3;
        & > .paged-table--header { color: $text-muted; text-style: bold; }
        & > .paged-table--row { color: $text; }
        & > .paged-table--attention { color: $text-warning; }
        & > .paged-table--danger { color: $text-error; text-style: bold; }
        & > .paged-table--write { color: $text-primary; }
        & > .paged-table--failed { color: $text-muted; text-style: italic; }
        & > .paged-table--muted { color: $text-muted; }
        & > .paged-table--missing { color: $text-disabled; }
        & > .paged-table--notice { color: $text-muted; }
        & > .paged-table--cursor { background: $foreground 8%; }
        &:focus > .paged-table--cursor { background: $primary 20%; }
        &:focus > .paged-table--cursor-cell {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: bold;
        }
        &:light > .paged-table--attention { color: $text; background: $warning 30%; }
        &:ansi > .paged-table--cursor { text-style: bold; }
        &:nocolor:focus > .paged-table--cursor-cell { text-style: bold underline; }
    }
    """

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        row_style: Callable[[Row], str] | None = None,
        row_sign: Callable[[Row], str] | None = None,
        empty_message: Content | str = "nothing here",
        page_size: int = 200,
        max_pages: int = 12,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = list(columns)
        self.row_style = row_style
        self.row_sign = row_sign
        """One cell in front of a row, beside the cursor's marker; empty for none."""
        self._empty_message = empty_message
        self._rows = Rows(page_size, max_pages)
        self._row = 0
        self._row_held: Row | None = None
        self._column: str | None = None
        self._slots: list[Slot] = []
        self._sort: tuple[str, bool] | None = None

    # ---- what is held ---------------------------------------------------------------------

    @property
    def page_size(self) -> int:
        return self._rows.pages.page_size

    @property
    def generation(self) -> int:
        return self._rows.generation

    @property
    def held_pages(self) -> int:
        """Pages in memory, never more than the greater of max_pages and those in use."""
        return len(self._rows.pages)

    @property
    def row_count(self) -> int:
        """Rows known; all of them when `total_exact`."""
        return self._rows.known

    @property
    def total_exact(self) -> bool:
        return self._rows.exact

    @property
    def sort(self) -> tuple[str, bool] | None:
        """(column key, descending), as given to `set_sort`."""
        return self._sort

    @property
    def cursor_row(self) -> int:
        return self._row

    @property
    def cursor_column(self) -> str:
        """Key of the column under the cursor ("" without columns)."""
        keys = self.visible_columns
        if self._column in keys:
            return self._column or ""
        return keys[0] if keys else ""

    @property
    def visible_columns(self) -> list[str]:
        """Keys of the columns the width allows; the others were dropped by priority."""
        return [slot.column.key for slot in self._slots] or [c.key for c in self._columns]

    @property
    def selected_row(self) -> Row | None:
        """The row under the cursor, or None when there is none or it has not arrived."""
        if not 0 <= self._row < self.row_count or self._rows.stale is not None:
            return None
        return self._rows.row(self._row) or self._row_held

    @property
    def selected_cell(self) -> object:
        """The full value under the cursor, however much of it is shown; None without a row."""
        row = self.selected_row
        return None if row is None else row.get(self.cursor_column)

    def set_reading(self, reading: bool) -> None:
        """Say "reading…" (in the middle without rows, else in the header)."""
        self._rows.reading = reading
        self.refresh()

    def set_sort(self, column_key: str | None, descending: bool = False) -> None:
        """Which column the rows are sorted by, for the header's arrow."""
        self._sort = None if column_key is None else (column_key, descending)
        self.refresh()

    @property
    def empty_message(self) -> Content | str:
        return self._empty_message

    @empty_message.setter
    def empty_message(self, message: Content | str) -> None:
        self._empty_message = message
        self.refresh()

    @property
    def why_empty(self) -> Content | str:
        """What stands where the rows would."""
        return self._empty_message

    def _lay_out(self) -> None:
        width = self.line_width
        self._slots = layout_columns(self._columns, width) if width else []
        self.refresh()

    def _body_height(self) -> int:
        return max(1, self.size.height - HEADER_HEIGHT)

    # ---- drawing -------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y < HEADER_HEIGHT:
            return self._render_header(width)
        if not self._rows.known:
            return self._render_notice(y, width)
        index = self.scroll_offset.y + y - HEADER_HEIGHT
        if index > self._rows.known or (index == self._rows.known and self._rows.exact):
            return Strip.blank(width, self.get_visual_style("paged-table--row").rich_style)
        return self._render_row(index, width)

    def _render_header(self, width: int) -> Strip:
        style = self.get_visual_style("paged-table--header")
        strip = header_line(self._slots, self._sort, width, style)
        if self._rows.reading and self._rows.known and width > 12:
            note = Segment(" reading…", self.get_visual_style("paged-table--notice").rich_style)
            strip = Strip([*strip.crop(0, self.line_width - 9), note])
            strip = strip.adjust_cell_length(width, style.rich_style)
        return strip

    def _render_row(self, index: int, width: int) -> Strip:
        stale = self._rows.stale_row(index)
        row = self._rows.row(index) or stale
        names = ["paged-table--row"]
        if row is None or stale is not None:
            names.append("paged-table--missing" if row is None else "paged-table--muted")
        elif self.row_style is not None:
            state = f"paged-table--{self.row_style(row)}"
            names += [state] if state in self.COMPONENT_CLASSES else []
        cells = row_cells(self._slots, row)
        sign = self.row_sign(row) if row is not None and self.row_sign is not None else ""
        if index != self._row or stale is not None:
            style = self.get_visual_style(*names)
            return join_cells(self._slots, cells, width, style, mark=f" {sign}")
        names.append("paged-table--cursor")
        return join_cells(
            self._slots,
            cells,
            width,
            self.get_visual_style(*names),
            mark=f"{CURSOR_MARK}{sign}",
            strong=self.cursor_column,
            strong_style=self.get_visual_style(*names, "paged-table--cursor-cell"),
        )

    def _render_notice(self, y: int, width: int) -> Strip:
        style = self.get_visual_style("paged-table--notice")
        message = "reading…" if self._rows.reading or not self._rows.exact else self.why_empty
        lines = _lines(safe_content(message).plain, max(width - 2, 1))
        room = max(self.size.height - HEADER_HEIGHT, 1)
        top = max(HEADER_HEIGHT + min(1, max(0, room - len(lines))), self.size.height // 3)
        at = y - min(top, max(HEADER_HEIGHT, self.size.height - len(lines)))
        if not 0 <= at < len(lines):
            return Strip.blank(width, style.rich_style)
        return centred(Content(lines[at]), width, style)


def _lines(message: str, width: int) -> list[str]:
    """Why there is nothing and what to do, in as many lines as that takes: a part of it a line."""
    if len(message) <= width:
        return [message]
    return [line for part in message.split(" · ") for line in wrap(part, width)]
