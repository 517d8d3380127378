"""Clicks on what has just gone from a screen, which is still drawn for a moment."""

from __future__ import annotations

from textual.geometry import Offset
from textual.widget import Widget


class Clicks:
    """Mixed into screens, before Textual's own class, which fails (8.2.8) when the mouse is pressed
    on a widget that is no longer there."""

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """What could be selected at a place."""
        found: tuple[Widget | None, Offset | None]
        found = super().get_widget_and_offset_at(x, y)  # type: ignore[misc]
        return found if found[0] is None or found[0].is_attached else (None, None)
