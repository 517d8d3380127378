"""A screen that was left, so that it can be had again as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import TabbedContent

from tui.question_table import Place, QuestionTable

if TYPE_CHECKING:
    from tui.screens.base import CaseScreen


class Remembered:
    """A screen that was left: how to make it anew, and the places in it."""

    def __init__(self, screen: CaseScreen) -> None:
        self._again = screen.again()
        self._places = {
            str(table.id): Place(
                table.question,
                table.view_state,
                table.selected_row.key if table.selected_row is not None else None,
            )
            for table in screen.query(QuestionTable)
            if table.question is not None
        }
        tabs = screen.query(TabbedContent)
        self._tab = tabs.first().active if tabs else ""

    @property
    def screen(self) -> CaseScreen:
        """The screen again, which finds its places once it is shown."""
        self._again.recalled = self
        return self._again

    def find_places(self, screen: CaseScreen) -> None:
        """Let the tables of a screen that was made anew begin where they were. Some are asked only
        when something else is known, so each takes its place when it is asked."""
        for table in screen.query(QuestionTable):
            table.recalled = self._places.get(str(table.id))

    def find_tab(self, screen: CaseScreen) -> None:
        """Open the tab that was open."""
        if self._tab and screen.query(TabbedContent):
            screen.action_tab(self._tab)
