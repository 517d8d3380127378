"""What the tour says about the screen above it, with words to click."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class TourPanel(Vertical):
    """A few lines above the line of keys."""

    DEFAULT_CSS = """
    TourPanel {
        height: auto;
        max-height: 9;
        dock: bottom;
        margin-bottom: 1;
        padding: 0 1;
        background: $panel;
        border-top: solid $primary;
        & > Static { height: auto; }
        & > Horizontal { height: 1; }
        & > Horizontal > TourWord { width: auto; margin-right: 3; text-style: bold; }
    }
    """

    class Chosen(Message):
        """A word was clicked: `next`, `back` or `end`."""

        def __init__(self, word: str) -> None:
            super().__init__()
            self.word = word

    def __init__(self, heading: str, text: str, words: dict[str, str]) -> None:
        super().__init__(id="tour")
        self._heading, self._text, self._words = heading, text, words

    def compose(self) -> ComposeResult:
        yield Static(Content.styled(self._heading, "bold"), id="tour-heading")
        yield Static(Content(self._text), id="tour-text")
        with Horizontal():
            for word, shown in self._words.items():
                yield TourWord(word, shown)


class TourWord(Static):
    """One word to click."""

    def __init__(self, word: str, shown: str) -> None:
        super().__init__(Content(shown))
        self._word = word

    def on_click(self) -> None:
        self.post_message(TourPanel.Chosen(self._word))
