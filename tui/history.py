"""Back and forward over screens, as in a browser: what was left by going back can be had again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui.remembered import Remembered
    from tui.screens.base import CaseScreen

MOST = 50
"""Screens that are remembered ahead."""


class History:
    """What lies ahead: screens that were left by going back, the last one first."""

    def __init__(self) -> None:
        self._ahead: list[Remembered] = []
        self._going = False

    def __bool__(self) -> bool:
        return bool(self._ahead)

    def left(self, screen: Screen[object]) -> None:
        """A screen was left by going back."""
        from tui.remembered import Remembered
        from tui.screens.base import CaseScreen

        if isinstance(screen, CaseScreen) and screen.is_attached:
            self._ahead.append(Remembered(screen))
            del self._ahead[:-MOST]

    def opened(self, screen: object) -> None:
        """Another screen was opened: unless it is one of those ahead, they are forgotten."""
        if not self._ahead or self._going:
            return
        from tui.screens.base import CaseScreen

        if isinstance(screen, CaseScreen):
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
