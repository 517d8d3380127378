"""The keys that work here, on one line: as many as fit, and always the one that lists them all.

Textual's own footer cuts what does not fit, so at 80 columns a key could be missing unsaid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input


class Key(NamedTuple):
    """A key as shown, what it does, its action, and the key to press for a click."""

    shown: str
    does: str
    action: str
    key: str

    @property
    def cells(self) -> int:
        return len(self.shown) + 1 + len(self.does)


def fit_keys(keys: Sequence[Key], last: Sequence[Key], width: int) -> list[Key]:
    """Keys that fit in order, then those of `last`, which are kept before any other."""
    room = width - sum(key.cells + 2 for key in last)
    shown: list[Key] = []
    for key in keys:
        if key.cells + 2 > room:
            break
        shown.append(key)
        room -= key.cells + 2
    return [*shown, *last]


_RANKS = {"back": 1, "filter": 3, "sort": 4, "pivot": 3, "help": 5, "quit": 6, "app.quit": 6}
_LAST = 5


def _rank(action: str, of_screen: bool) -> int:
    return _RANKS.get(action, 2 if of_screen else 0)


class KeyBar(Widget):
    """Follows the screen's active bindings; a click does what the key does."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--does"}
    DEFAULT_CSS = """
    KeyBar {
        height: 1;
        dock: bottom;
        background: $footer-background;
        & > .key-bar--key { color: $footer-key-foreground; text-style: bold; }
        & > .key-bar--does { color: $footer-foreground; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._places: list[tuple[int, int, Key]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda screen: self.refresh())

    def _keys(self) -> tuple[list[Key], list[Key]]:
        """What Enter does, the way back, this screen's own keys, then those of every screen."""
        found: list[tuple[int, Key]] = []
        typing = isinstance(self.screen.focused, Input)
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or not active.enabled or not binding.description:
                continue
            if typing and binding.key != "enter" and len(self.app.get_key_display(binding)) == 1:
                continue  # goes into the text
            shown = binding.key_display or self.app.get_key_display(binding)
            key = Key(shown, binding.description, binding.action, binding.key)
            found.append((_rank(binding.action, active.node is self.screen), key))
        found.sort(key=lambda entry: entry[0])
        first = [key for rank, key in found if rank < _LAST]
        return first, [key for rank, key in found if rank >= _LAST]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        key_style = self.get_visual_style("key-bar--key").rich_style
        does_style = self.get_visual_style("key-bar--does").rich_style
        first, last = self._keys()
        segments = [Segment(" ", does_style)]
        self._places = []
        x = 1
        for key in fit_keys(first, last, width - 2):
            segments += [Segment(key.shown, key_style), Segment(f" {key.does}  ", does_style)]
            self._places.append((x, x + key.cells, key))
            x += key.cells + 2
        return Strip(segments).adjust_cell_length(width, does_style)

    def on_click(self, event: events.Click) -> None:
        for start, end, key in self._places:
            if start <= event.x < end:
                event.stop()
                self.app.simulate_key(key.key)
                return
