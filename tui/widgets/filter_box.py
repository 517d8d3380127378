"""The line a table is filtered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input


class FilterBox(Input):
    """An input that is shown while one types into it.

    Keys can come faster than messages travel. What is typed after Enter belongs to the table,
    even when this box is still the one that gets it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep"),
        Binding("escape", "screen.back", "Take away"),
    ]

    def __init__(self, kept: Callable[[], None]) -> None:
        super().__init__(placeholder="filter as you type · Enter keeps · Esc clears", id="filter")
        self._kept = kept

    async def action_submit(self) -> None:
        """Close at once, not by a message: a second Enter would be lost on the way."""
        self._kept()

    def _on_key(self, event: events.Key) -> None:  # type: ignore[override]
        if not self.display:
            event.prevent_default()  # nothing is inserted; the key goes up to the bindings
