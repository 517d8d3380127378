"""A dialog that asks for one line of text."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.clicks import Clicks
from tui.text import safe_content
from tui.widgets.dialog_keys import DialogKeys


class AskText(Clicks, ModalScreen[str | None]):
    """Enter returns what was typed, Esc nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, title: str, text: str = "", hint: str = "") -> None:
        super().__init__()
        self._title, self._text, self._hint = title, text, hint

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(safe_content(self._title, 200, "bold"), id="title")
            yield Input(self._text, placeholder=self._hint, id="narrow", compact=True)
            yield DialogKeys([("enter", "takes it"), ("escape", "cancels")])

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip() or None)
