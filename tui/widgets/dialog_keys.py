"""The keys of a dialog as words to click, on its last line."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static


class DialogKeys(Horizontal):
    """(key, what it does) each; a click does what the key does."""

    DEFAULT_CSS = """
    DialogKeys { height: 1; dock: bottom; }
    DialogKeys > KeyWord { width: auto; margin-right: 2; color: $foreground-muted; }
    """

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = list(keys)

    def compose(self) -> ComposeResult:
        for key, does in self._keys:
            yield KeyWord(key, does)


class KeyWord(Static):
    """One key and its word."""

    def __init__(self, key: str, does: str) -> None:
        shown = {"escape": "esc", "enter": "⏎"}.get(key, key)
        super().__init__(Content.assemble((shown, "bold"), f" {does}"))
        self._key = key

    def on_click(self) -> None:
        self.app.simulate_key(self._key)
