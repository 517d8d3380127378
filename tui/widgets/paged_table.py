"""A table over rows fetched in pages: at home with ten million rows, holding a few hundred.

The widget owns no thread and knows no database. It posts `PageRequested`; the screen fetches and
calls `set_page`. Whatever is not there yet is drawn as a quiet placeholder in its final place.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from time import monotonic
from typing import ClassVar, NamedTuple, TypeAlias

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from tui.widgets import table_messages
from tui.widgets.columns import MARKER_WIDTH, Column, Row
from tui.widgets.table_body import HEADER_HEIGHT, TableBody

__all__ = ["Column", "PagedTable", "Row", "ViewState"]


class ViewState(NamedTuple):
    """Where somebody was in a table; `PagedTable.restore(*state)` brings them back."""

    cursor_row: int
    scroll: int
    column_key: str | None


class PagedTable(TableBody, can_focus=True):
    """See the module. Row states for `row_style`: attention, danger, write, failed, muted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_up", "Up", show=False, id="up"),
        Binding("down,j", "cursor_down", "Down", show=False, id="down"),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home,g", "first_row", "First", show=False, id="first"),
        Binding("end,G", "last_row", "Last", show=False, id="last"),
        Binding("left,h", "cursor_left", "Cell left", show=False, id="left"),
        Binding("right,l", "cursor_right", "Cell right", show=False, id="right"),
        Binding("enter", "select", "Open", show=False),
    ]

    TableMessage: TypeAlias = table_messages.TableMessage
    PageRequested: TypeAlias = table_messages.PageRequested
    RowHighlighted: TypeAlias = table_messages.RowHighlighted
    CellHighlighted: TypeAlias = table_messages.CellHighlighted
    RowSelected: TypeAlias = table_messages.RowSelected
    HeaderSelected: TypeAlias = table_messages.HeaderSelected

    _restore_scroll: int | None = None
    _seek: Hashable | None = None
    _clicked: tuple[int, str] | None = None
    opening_since: float | None = None
    """When (monotonic seconds) Enter was pressed on a row that is not here yet."""
    _announced: tuple[object, ...] = ()
    _request_due = False

    # ---- what the screen tells the table -------------------------------------------------

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns over the same rows."""
        self._columns = list(columns)
        self._lay_out()
        self._announce()

    def reset(self, total: int | None = None, *, exact: bool = True, keep: bool = False) -> int:
        """Begin with other rows: nothing is held, the cursor is at the top.

        Args:
            total: Number of rows, or None when it is not known yet.
            exact: False when `total` is only what is known so far.
            keep: Draw the old rows, dimmed, until the first new page (after a sort or filter, so
                that the screen does not blink). Enter opens the new row that comes under the
                cursor, not one of these.

        Returns:
            The generation: hand it to `set_page`, and late answers are dropped.
        """
        self._rows.reset(total, exact=exact, keep=keep)
        self._row, self._row_held = 0, None
        self._restore_scroll, self._seek, self._clicked = None, None, None
        self._resized_rows()
        self.scroll_to(y=0, animate=False, force=True)
        self._changed()
        return self._rows.generation

    def set_page(self, index: int, rows: Sequence[Row], generation: int | None = None) -> bool:
        """Give a page (page `index` begins at row index * page_size). False: too late, dropped.

        While the total is not exact, a full page means that there may be more, a short one is
        the end.
        """
        if index < 0 or (generation is not None and generation != self._rows.generation):
            return False
        self._rows.set_page(index, rows)
        if self._seek is not None:
            for offset, row in enumerate(rows):
                if row.key == self._seek:
                    self._row = index * self.page_size + offset
                    self._seek = None
                    self._show_cursor()
        self._resized_rows()
        self._changed()
        since, self.opening_since = self.opening_since, None
        if since is not None and self.screen.is_current:
            self._select(since)
        return True

    def page_failed(self, index: int) -> None:
        """A page that was asked for will not come; it is asked for again when next needed."""
        self.opening_since = None
        self._rows.pages.forget_asked(index)

    def set_total(self, total: int, exact: bool = True) -> None:
        """The number of rows is now known (or, when not exact, known to be at least this)."""
        self._rows.set_total(total, exact)
        self._resized_rows()
        self._changed()

    @property
    def wanted_pages(self) -> frozenset[int]:
        """Pages that are on screen or about to be."""
        return self._rows.pages.wanted

    # ---- moving --------------------------------------------------------------------------

    @property
    def view_state(self) -> ViewState:
        return ViewState(self._row, self.scroll_offset.y, self._column)

    def restore(self, cursor_row: int, scroll: int, column_key: str | None = None) -> None:
        """Go back to a `view_state`, at once, or as soon as the table has a size and the rows."""
        if not self._rows.exact:
            self._rows.known = max(self._rows.known, cursor_row + 1)
        self._row, self._row_held = max(0, cursor_row), None
        self._column = column_key
        self._restore_scroll = max(0, scroll)
        self._resized_rows()
        self._changed()

    def restore_row(self, state: ViewState, key: Hashable) -> None:
        """`restore`, and the cursor on the row with a key if it arrives with the first page shown:
        other rows may have come above it."""
        self.restore(*state)
        self._seek = key

    def move_to_row_key(self, key: Hashable, hint: int | None = None) -> bool:
        """Put the cursor on the row with a key; if it is not here yet, as soon as it arrives.

        Args:
            key: The row's key.
            hint: Where the row probably is; its page is fetched.
        """
        index = self._rows.pages.find(key)
        if index is None:
            if hint is not None:
                self.move_cursor(hint)
            self._seek = key
            return False
        self.move_cursor(index)
        return True

    def move_cursor(self, row: int | None = None, column_key: str | None = None) -> None:
        """Put the cursor somewhere, and scroll to it as little as needed."""
        self._seek = self._restore_scroll = None
        if row is not None:
            # Before anything is known, keys move over the rows that will come.
            last = self._rows.known - 1 if self._rows.known or self._rows.exact else row
            row = max(0, min(row, last))
            self._row_held = self._row_held if row == self._row else None
            self._row = row
            self._show_cursor()
        if column_key is not None:
            self._column = column_key
        self._changed()

    def _show_cursor(self) -> None:
        top, body = self.scroll_offset.y, self._body_height()
        if not self.size.height:
            self._restore_scroll = max(0, self._row - 2)
        elif self._row < top or self._row >= top + body:
            target = self._row if self._row < top else self._row - body + 1
            self.scroll_to(y=target, animate=False, force=True)

    def _move_by_key(self, row: int | None = None, column_key: str | None = None) -> None:
        """Whoever moves on wants no row opened that was not here yet."""
        self.opening_since = None
        self.move_cursor(row, column_key)

    def on_blur(self) -> None:
        self.opening_since = None

    def action_cursor_up(self) -> None:
        self._move_by_key(self._row - 1)

    def action_cursor_down(self) -> None:
        self._move_by_key(self._row + 1)

    def action_page_up(self) -> None:
        self._page(-1)

    def action_page_down(self) -> None:
        self._page(1)

    def _page(self, direction: int) -> None:
        step = direction * max(1, self._body_height() - 1)
        self.scroll_to(y=self.scroll_offset.y + step, animate=False, force=True)
        self._move_by_key(self._row + step)

    def action_first_row(self) -> None:
        self._move_by_key(0)

    def action_last_row(self) -> None:
        self._move_by_key(self._rows.known - 1)

    def action_cursor_left(self) -> None:
        self._step_column(-1)

    def action_cursor_right(self) -> None:
        self._step_column(1)

    def _step_column(self, step: int) -> None:
        keys = self.visible_columns
        if keys:
            place = keys.index(self.cursor_column) + step
            self._move_by_key(column_key=keys[max(0, min(place, len(keys) - 1))])

    def action_select(self) -> None:
        """Open the row under the cursor, as soon as it is here."""
        self._select(monotonic())

    @property
    def awaits_rows(self) -> bool:
        """Whether not even the first rows are here."""
        return not self._rows.exact and not self._rows.known

    def _select(self, since: float) -> None:
        row = self.selected_row
        may_come = row is None and not (self._rows.exact and not self._rows.known)
        self.opening_since = since if may_come else None
        if row is not None:
            self.post_message(self.RowSelected(self, self._row, row, self.cursor_column))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        slot = None
        if offset is not None:
            reached = [slot for slot in self._slots if slot.x <= offset.x] or self._slots
            slot = reached[-1] if offset.x >= MARKER_WIDTH else self._slots[0] if reached else None
        if offset is None or slot is None or event.button != 1:
            return
        event.stop()
        key = slot.column.key
        if offset.y < HEADER_HEIGHT:
            self.post_message(self.HeaderSelected(self, key))
            return
        index = self.scroll_offset.y + offset.y - HEADER_HEIGHT
        if index >= self._rows.known:
            return
        # The second click of a pair counts only when the first one fell here too: it may have
        # been the one that opened this screen.
        if event.chain > 1:
            select = self._clicked == (index, key)
        else:
            select = (self._row, self.cursor_column) == (index, key)
        self._clicked = None if select else (index, key)
        self.move_cursor(index, key)
        if select:
            self.action_select()

    # ---- keeping up ----------------------------------------------------------------------

    def on_mount(self) -> None:
        self._lay_out()
        self._changed()

    def on_resize(self) -> None:
        self._lay_out()
        self._resized_rows()
        self._changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._request_soon()

    def _resized_rows(self) -> None:
        """Fit the scroll range and the cursor to the number of rows."""
        more = 0 if self._rows.exact or not self._rows.known else 1
        self.virtual_size = Size(self.line_width, self._rows.known + more + HEADER_HEIGHT)
        last = max(0, self._rows.known - 1)
        if self._row > last and (self._rows.exact or self._rows.known):
            self._row, self._row_held = last, None
        if self._restore_scroll is not None and self.size.height:
            self.scroll_to(y=self._restore_scroll, animate=False, force=True)
            if self.scroll_offset.y == self._restore_scroll or self._rows.exact:
                self._restore_scroll = None
            self._show_cursor()

    def _changed(self) -> None:
        self.refresh()
        self._announce()
        self._request_soon()

    def _announce(self) -> None:
        """Tell the screen where the cursor is, if that has changed."""
        row = self.selected_row
        self._row_held = row
        if not self._rows.known:
            nothing = (self._rows.generation, "nothing")
            if self._rows.exact and self._announced != nothing and self.is_mounted:
                self._announced = nothing
                self.post_message(self.RowHighlighted(self, 0, None))
            elif not self._rows.exact:
                self._announced = ()
            return
        column = self.cursor_column
        now = (self._rows.generation, self._row, None if row is None else row.key, row is None)
        before, self._announced = self._announced, (*now, column)
        if before[:-1] != now:
            self.post_message(self.RowHighlighted(self, self._row, row))
        if before != self._announced and row is not None:
            value = row.get(column)
            self.post_message(self.CellHighlighted(self, self._row, column, value))

    def _request_soon(self) -> None:
        if not self._request_due and self.is_mounted:
            self._request_due = True
            self.call_later(self._request)

    def _request(self) -> None:
        self._request_due = False
        first, body = self.scroll_offset.y, self._body_height()
        for page in self._rows.request(first, first + body - 1, margin=body):
            self.post_message(self.PageRequested(self, page, self._rows.generation))
