"""Back and forward over screens, as in a browser: what was left by going back can be had again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.widgets import TabbedContent

from tui.question_table import Place, QuestionTable

if TYPE_CHECKING:
    from tui.screens.base import CaseScreen

MOST = 50
"""Screens that are remembered ahead."""


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


class History:
    """What lies ahead: screens that were left by going back, the last one first."""

    def __init__(self) -> None:
        self._ahead: list[Remembered] = []
        self._going = False

    def __bool__(self) -> bool:
        return bool(self._ahead)

    def left(self, screen: Screen[object]) -> None:
        """A screen was left by going back."""
        from tui.screens.base import CaseScreen

        if isinstance(screen, CaseScreen) and screen.is_attached:
            self._ahead.append(Remembered(screen))
            del self._ahead[:-MOST]

    def opened(self, screen: object) -> None:
        """Another screen was opened: unless it is one of those ahead, they are forgotten."""
        from tui.screens.base import CaseScreen

        if isinstance(screen, CaseScreen) and not self._going:
            self._ahead.clear()

    def forward(self, screen: CaseScreen) -> None:
        """Open the next screen ahead, over the one that is in front."""
        if self._ahead and screen.app.screen is screen:
            remembered = self._ahead.pop()
            self._going = True
            try:
                screen.app.push_screen(remembered.screen)
            finally:
                self._going = False
