"""Small dialogs: pick one of a list, the keys that work here, the SQL behind a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.clicks import Clicks
from tui.text import fmt_count, safe_content
from tui.widgets.dialog_keys import DialogKeys


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a picker: what is returned, what is shown, how many, and a remark."""

    key: str
    label: str
    count: int | None = None
    note: str = ""


class Picker(Clicks, ModalScreen[str | None]):
    """Choose one: type to narrow, arrows, Enter. Esc returns None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._choices = list(choices)
        self._shown = list(choices)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(safe_content(self._title, 60, "bold"), id="title")
            yield Input(placeholder="type to narrow", id="narrow", compact=True)
            yield OptionList(id="choices")
            yield DialogKeys([("enter", "takes it"), ("escape", "cancels")])

    def on_mount(self) -> None:
        self._fill("")

    def _fill(self, needle: str) -> None:
        wanted = needle.casefold()
        self._shown = [
            choice
            for choice in self._choices
            if wanted in choice.label.casefold() or wanted in choice.note.casefold()
        ]
        options = self.query_one(OptionList)
        options.clear_options()
        widest = max(
            (len(fmt_count(c.count)) for c in self._shown if c.count is not None), default=0
        )
        options.add_options(
            [Option(_line(choice, widest)) for choice in self._shown]
            or [Option("nothing matches", disabled=True)]
        )
        if self._shown:
            options.highlighted = 0

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._fill(event.value)

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._shown):
            self.dismiss(self._shown[at].key)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_index < len(self._shown):
            self.dismiss(self._shown[event.option_index].key)

    def action_move(self, step: int) -> None:
        options = self.query_one(OptionList)
        if step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()


def _line(choice: Choice, widest: int) -> Content:
    count = "" if choice.count is None else f"{fmt_count(choice.count):>{widest}}  "
    # A line that is too long goes on below: what is picked must be seen whole.
    note = safe_content(f"  {choice.note}", 80, "$foreground-muted") if choice.note else Content("")
    return Content.styled(count, "$foreground-muted") + safe_content(choice.label, 400) + note


class KeyLine(Static):
    """One line of the help; a click does what the key does."""

    def __init__(self, shown: str, does: str, width: int, key: str) -> None:
        super().__init__(Content.assemble((f"{shown:>{width}}  ", "bold"), does))
        self._key = key

    def on_click(self) -> None:
        if self._key and isinstance(self.screen, Help):
            self.screen.dismiss(self._key)


class Help(Clicks, ModalScreen[str | None]):
    """The keys that work on the screen below; returns the one that was clicked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss(None)", "Close")
    ]

    def __init__(
        self,
        title: str,
        explains: str,
        keys: Sequence[tuple[str, str]],
        pressed: Sequence[str] = (),
    ) -> None:
        """`keys` as shown, with what they do; `pressed` is the key behind each, for a click."""
        super().__init__()
        self._title = title
        self._explains = explains
        self._keys = list(keys)
        self._pressed = list(pressed) or [""] * len(self._keys)

    def compose(self) -> ComposeResult:
        width = max((len(key) for key, _ in self._keys), default=0)
        with Vertical(id="dialog"):
            yield Static(safe_content(f"Keys on {self._title}", 60, "bold"), id="title")
            with VerticalScroll(id="text"):
                if self._explains:
                    yield Static(Content(self._explains + "\n"))
                for (shown, does), key in zip(self._keys, self._pressed, strict=True):
                    yield KeyLine(shown, does, width, key)
            yield DialogKeys([("escape", "closes")])


class SqlView(Clicks, ModalScreen[None]):
    """The SQL behind a screen, ready for the duckdb shell."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v,q", "dismiss(None)", "Close"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, sql: str) -> None:
        super().__init__()
        self._sql = sql

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="-large"):
            yield Static(Content.styled("SQL behind this screen", "bold"), id="title")
            with VerticalScroll(id="text"):
                yield Static(safe_content(self._sql, keep="\n"))
            yield DialogKeys([("y", "copies"), ("escape", "closes")])

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._sql)
        self.notify("copied", timeout=2)
