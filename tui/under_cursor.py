"""What can be done with the value under the cursor, on every screen: copy it, pivot on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.screen import Screen

from queries.enrichment.model import PIVOTS as PIVOTS_OF_PLACES
from queries.enrichment.scopes import scope_of_place
from queries.scope import VALUE, Scope
from tui.dialogs import Choice, Picker
from tui.enriched import enrichment
from tui.marking import Marking
from tui.pivots import choices_of, pivots_of
from tui.question_table import QuestionTable
from tui.text import safe_text
from tui.widgets.paged_table import PagedTable


class UnderCursor(Marking):
    """The actions for it. A subclass says which table the cursor is in."""

    of_row: ClassVar[frozenset[str]] = frozenset()
    """Actions of a screen that are about the row under the cursor."""
    _without_row = False

    def lacks_row(self, action: str) -> bool:
        """Whether an action is about a row, and the list has none: its key would do nothing."""
        if action not in _OF_ROW and action not in self.of_row:
            return False
        return self.table is not None and self.table.is_empty

    @on(PagedTable.RowHighlighted)
    def _row_or_none(self, message: PagedTable.RowHighlighted) -> None:
        """The keys that are shown change where the last row goes, or the first one comes."""
        if message.table is self.table and self._without_row != (message.row is None):
            self._without_row = message.row is None
            self.refresh_bindings()

    @property
    def table(self) -> QuestionTable | None:
        """The table that the keys act on."""
        return None

    def open_screen(self, screen: Screen[None]) -> None:
        """Show another screen, unless this one is no longer in front: a second Enter can arrive
        before the first was obeyed."""
        if self.app.screen is self:
            self.app.push_screen(screen)

    def action_copy_cell(self) -> None:
        value = self.copy_value()
        if value is None:
            self.notify("nothing here to copy", timeout=2)
        else:
            self.copy(plain(value))

    def copy_value(self) -> object:
        """The full value under the cursor."""
        return self.table.selected_cell if self.table is not None else None

    def action_copy_row(self) -> None:
        row = self.row
        if row is not None:
            self.copy("\n".join(f"{k}: {plain(v)}" for k, v in row.values.items() if v is not None))

    def copy(self, text: str) -> None:
        """Put text on the clipboard whole (OSC 52, so it works over SSH too)."""
        self.app.copy_to_clipboard(text)
        self.notify(f"copied {safe_text(text, 60)}", timeout=2, markup=False)

    def action_pivot(self) -> None:
        """Everything with the value under the cursor, wherever it stands."""
        value = self.copy_value()
        choices = self.pivot_values(value)
        if not choices:
            self.notify("nothing here to pivot on", timeout=2)
        elif len(choices) == 1:
            self._pivot(choices[0].key)
        else:
            self.app.push_screen(Picker("Everything with …", choices), self._pivot)

    def pivot_values(self, value: object) -> list[Choice]:
        """What can be pivoted on from the cell under the cursor: its value, or, where a cell is
        made from several fields, the fields of the row; on a cell that is none, such as a time,
        what else the row says."""
        table = self.table
        if table is None or table.selected_row is None:
            return choices_of([("value", value)])
        return pivots_of(table.selected_row, table.cursor_column)

    def _pivot(self, value: str | None) -> None:
        if not value:
            return
        from tui.screens.activity import ActivityScreen

        kind, sign, wanted = value.partition("=")
        if sign and kind in PIVOTS_OF_PLACES:
            self.ask(
                "place",
                lambda case, cancel: scope_of_place(case, enrichment(), kind, wanted),
                lambda scope: self.open_screen(ActivityScreen(scope)),
                opens=True,
            )
        else:
            self.open_screen(ActivityScreen(Scope(VALUE, value)))


_OF_ROW = frozenset({"pivot", "copy_cell", "sort"})
"""Of every screen."""


def plain(value: Any) -> str:
    """A value as text for the clipboard: whole, times in ISO form."""
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else str(value)
