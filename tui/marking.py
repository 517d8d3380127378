"""Marking events as evidence, on every screen: mark, tag, comment, take back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from queries.case import Case
from queries.marks.events import mark_event
from queries.marks.model import EDIT, MARK, Mark
from queries.progress import CancelToken
from tui.clicks import Clicks
from tui.configuration.key_words import with_keys
from tui.dialogs import Picker
from tui.jobs import Jobs
from tui.text import fmt_time, safe_content, safe_text
from tui.widgets.columns import Row
from tui.widgets.dialog_keys import DialogKeys

MARKED = "★"
"""The sign of a marked row."""

REMOVE = "remove"
Said = tuple[tuple[str, ...], str] | str | None
"""What the dialog ends with: tags and comment, REMOVE, or None."""


def marked_event(row: Row) -> int | None:
    """The event (a push by its PutImage) that marking a row is about."""
    for name in ("event_key", "push_key"):
        key = row.get(name)
        if isinstance(key, int):
            return key
    return None


def mark_in_words(mark: Mark) -> str:
    """`marked by ana on Mar 09 12:00 [implant] not built by the pipeline`."""
    tags = f" [{' '.join(mark.tags)}]" if mark.tags else ""
    comment = f" {mark.comment}" if mark.comment else ""
    return f"marked by {mark.author} on {fmt_time(mark.time, year=True)} UTC{tags}{comment}"


class Marking(Jobs):
    """The keys for marks. A subclass has `row`, the row under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("M", "mark", "Mark", show=False),
        Binding("U", "undo_mark", "Take back the last step of marking", show=False),
        Binding("B", "go('marked')", "Marked", show=False),
        Binding("C", "go('contain')", "Containment", show=False),
        Binding("H", "hand_over", "Hand over: report, exports", show=False),
    ]

    @property
    def row(self) -> Row | None:
        return None

    def to_mark(self) -> int | None:
        """The event under the cursor: in the table that has the focus, or else of the screen."""
        for row in (getattr(self.focused, "selected_row", None), self.row):
            if row is not None and (event_key := marked_event(row)) is not None:
                return event_key
        return None

    def can_mark(self, action: str) -> bool:
        """Whether a key for marks would do something."""
        return (
            bool(self.case.marks.entries) if action == "undo_mark" else self.to_mark() is not None
        )

    def action_mark(self) -> None:
        """Mark the event under the cursor; of one that is marked change tags and comment."""
        event_key = self.to_mark()
        if event_key is None:
            return
        mark = self.case.marks.of_event(event_key)
        if mark is not None:
            self.edit_mark(mark)
            return

        def work(case: Case, cancel: CancelToken) -> Mark:
            return mark_event(case, event_key, cancel=cancel)

        self.ask("mark", work, self._marked)

    def _marked(self, mark: Mark) -> None:
        problem = self.case.marks.problem
        if not mark.records:
            self.notify("marked, without its record: it cannot be read", severity="warning")
        elif problem:
            self.notify(f"marked · {problem}", severity="warning", markup=False)
        else:
            self.notify(
                with_keys("marked · {mark} again: tags and comment · {undo-mark}: take back"),
                timeout=4,
            )
        self.say_marks_changed()

    def edit_mark(self, mark: Mark) -> None:
        """Ask for tags and a comment."""

        def done(said: Said) -> None:
            marks = self.case.marks
            if said is None:
                return
            if isinstance(said, str):
                marks.remove(mark.key)
                self.notify(with_keys("no longer marked · {undo-mark}: take back"), timeout=3)
            elif said != (mark.tags, mark.comment):
                marks.edit(mark.key, *said)
            self.say_marks_changed()

        self.app.push_screen(MarkDialog(mark), done)

    def action_undo_mark(self) -> None:
        step = self.case.marks.undo()
        if step is None:
            self.notify("nothing is left to take back", timeout=3)
            return
        what = {MARK: "a mark", EDIT: "a change of tags and comment"}.get(
            step.action, "the removal of a mark"
        )
        self.notify(f"taken back: {what}", timeout=3)
        self.say_marks_changed()

    def action_hand_over(self) -> None:
        """Write the report or an export into the current folder."""
        from tui.handing_over import choices, writing

        app: Any = self.app

        def chosen(form: str | None) -> None:
            if form is not None:
                self.notify("writing …", timeout=2)
                name = app.evidence_name
                self.ask("handover", writing(form, app.rules, name, Path.cwd()), self._handed)

        self.app.push_screen(Picker("Write into the current folder", choices(self.case)), chosen)

    def _handed(self, written: tuple[Path, list[str]]) -> None:
        target, notes = written
        self.notify("\n".join([f"written: {target}", *notes]), timeout=12, markup=False)

    def say_marks_changed(self) -> None:
        """Every screen that is open shows the marks as they are now."""
        for screen in self.app.screen_stack:
            if isinstance(screen, Marking):
                screen.marks_changed()
                for table in screen.query("QuestionTable"):
                    table.refresh()
                screen.refresh_bindings()

    def marks_changed(self) -> None:
        """Called when a mark was made, changed or removed."""


class MarkDialog(Clicks, ModalScreen[Said]):
    """Tags and a comment for one mark."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+d", f"dismiss('{REMOVE}')", "Remove the mark", priority=True),
        Binding("down", "focus_next", show=False),
        Binding("up", "focus_previous", show=False),
    ]

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self._mark = mark

    def compose(self) -> ComposeResult:
        mark: Any = self._mark
        when = mark.subject.get("event_time")
        what = f"{mark.subject.get('event_name') or 'event'} of {fmt_time(when, year=True)}"
        tags = safe_text(" ".join(mark.tags))
        with Vertical(id="dialog"):
            yield Static(safe_content(f"{MARKED} {what}", 70, "bold"), id="title")
            yield Static(Content("tags, with spaces between"))
            yield Input(tags, placeholder="implant initial-access", id="tags", compact=True)
            yield Static(Content("comment"))
            yield Input(safe_text(mark.comment), id="comment", compact=True)
            yield DialogKeys(
                [("enter", "keeps"), ("tab", "other line"), ("ctrl+d", "removes the mark"),
                 ("escape", "cancels")]
            )  # fmt: skip

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        tags = tuple(dict.fromkeys(self.query_one("#tags", Input).value.split()))
        self.dismiss((tags, self.query_one("#comment", Input).value.strip()))
