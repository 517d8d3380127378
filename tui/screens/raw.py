"""The raw record: exactly as delivered, with file and position."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from queries.case import Case
from queries.progress import CancelToken
from queries.question import Question, ask_for
from queries.raw import RawRecord, raw_record
from tui.dialogs import Choice, Picker
from tui.jobs import ask_rows
from tui.marking import MARKED, mark_in_words
from tui.screens.base import CaseScreen
from tui.screens.inferred import probably_for
from tui.screens.who import open_pusher, scopes_of
from tui.text import fmt_time, safe_content
from tui.under_cursor import plain
from tui.widgets.json_view import JsonView
from tui.widgets.paged_table import Row


class RawScreen(CaseScreen):
    """One record as foldable JSON; `/` searches in it."""

    segment = "record"
    explains = (
        "Enter or space folds, {fold-all} folds all, {unfold-all} unfolds all, {open-text}"
        " opens a text that holds JSON (a manifest, a policy). {filter} searches,"
        " {raw.next-match} and {raw.previous-match} go to the next and previous match."
        " {copy-cell} copies the value under the cursor, {raw.copy-row} the whole record as"
        " delivered."
    )
    needed = frozenset({"event"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "match(1)", "Next match", show=False),
        Binding("N", "match(-1)", "Previous match", show=False),
        Binding("Y", "copy_row", "Copy record"),
        Binding("u", "user", "User"),
        Binding("a", "activity", "Activity"),
        Binding("c", "copies", "Copies"),
    ]

    def __init__(self, event_key: int, at: tuple[int, int] | None = None, needle: str = "") -> None:
        """`at`: file and position of the record to show first, where it is not the event's own but
        a copy. `needle`: what is searched for in it."""
        super().__init__()
        self._key = event_key
        self._at = at
        self._needle = needle
        self._event: Row | None = None
        self._record: RawRecord | None = None
        self._others: list[dict[str, Any]] = []

    def body(self) -> Iterable[Widget]:
        yield Static("reading the record …", id="where")
        yield JsonView(id="json")

    def renew(self) -> None:
        """A record stays what it is."""

    def ready(self) -> None:
        self.query_one(JsonView).focus()
        self.ask("event", ask_rows(ask_for("event", event_key=self._key)), self._show_event)
        self.ask(
            "others", ask_rows(ask_for("event_copies", event_key=self._key)), self._show_others
        )

    def questions(self) -> list[Question]:
        return [ask_for("event", event_key=self._key)]

    @property
    def row(self) -> Row | None:
        return self._event

    def _show_event(self, rows: list[dict[str, Any]]) -> None:
        if not rows:
            self._say("this event is not in the case")
            return
        self._event = Row(self._key, rows[0])
        self._read(*(self._at or (rows[0]["file_id"], rows[0]["position"])))

    def _read(self, file_id: int, position: int) -> None:
        def read(case: Case, cancel: CancelToken) -> RawRecord:
            return raw_record(case, file_id, position, cancel)

        self.ask("record", read, self._show_record, self._show_kept)

    def _show_kept(self, message: str) -> None:
        """The record is out of reach: say why, and show what the index kept of it."""
        self._record = None
        if self._event is None:
            self._say(message)
            return
        kept = {name: value for name, value in self._event.values.items() if value is not None}
        self.query_one(JsonView).set_document(json.dumps(kept, default=_as_text))
        self._say(f"{message}\nbelow: what the index kept of it")
        self.refresh_bindings()

    def _show_record(self, record: RawRecord) -> None:
        self._record = record
        view = self.query_one(JsonView)
        view.set_document(record.text)
        if self._needle:
            view.search(self._needle)
        self._say_where(record)

    def _show_others(self, rows: list[dict[str, Any]]) -> None:
        self._others = rows
        if self._record is not None:
            self._say_where(self._record)

    def _say_where(self, record: RawRecord) -> None:
        """The event before the path, which may take all the lines there are."""
        said = []
        if self._event is not None:
            when = fmt_time(self._event["event_time"], year=True)
            said.append(safe_content(f"{self._event['event_name']} at {when} UTC", 120, "bold"))
            if self._others:
                copies = "copy" if len(self._others) == 1 else "copies"
                note = f" · {len(self._others)} other {copies} (c)"
                said.append(Content.styled(note, "$foreground-muted"))
            said.append(Content("\n"))
            if service := probably_for(self._event):
                said.append(safe_content(f"{service}\n", 200, "$foreground-muted", keep="\n"))
        if mark := self.case.marks.of_event(self._key):
            said.append(
                safe_content(f"{MARKED} {mark_in_words(mark)}\n", 300, "$text-primary", keep="\n")
            )
        said.append(safe_content(record.file_name, 300))
        said.append(Content(f" · record {record.position}"))
        if record.kept:
            said.append(safe_content(f"\n{record.kept}", 400, "$text-warning", keep="\n"))
        self.query_one("#where", Static).update(Content.assemble(*said))
        self.refresh_bindings()

    def _say(self, message: str) -> None:
        self.query_one("#where", Static).update(
            safe_content(message, 600, "$text-error", keep="\n")
        )

    def marks_changed(self) -> None:
        if self._record is not None:
            self._say_where(self._record)

    # ---- keys ------------------------------------------------------------------------------

    def copy_value(self) -> object:
        value = self.query_one(JsonView).selected_value
        return value if value is not None else "null"

    def action_copy_row(self) -> None:
        if self._record is not None:
            self.copy(self._record.text)

    def pivot_values(self, value: object) -> list[Choice]:
        if isinstance(value, dict | list) or value in (None, ""):
            return []
        return [Choice(plain(value), plain(value))]

    def action_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.placeholder = "search in this record · Enter, then n and N"
        box.display = True
        self.set_focus(box)

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        event.prevent_default()
        self.query_one(JsonView).search(event.value)

    def _close_filter(self, *, clear: bool) -> None:
        box = self.query_one("#filter", Input)
        if clear:
            box.value = ""
            self.query_one(JsonView).search("")
        box.display = False
        self.set_focus(self.query_one(JsonView))

    def action_match(self, step: int) -> None:
        view = self.query_one(JsonView)
        if step > 0:
            view.action_next_match()
        else:
            view.action_prev_match()

    def action_copies(self) -> None:
        choices = [
            Choice(
                str(i), f"{other['file_name']} · record {other['position']}", note=other["relation"]
            )
            for i, other in enumerate(self._others)
        ]

        def choose(key: str | None) -> None:
            if key is not None:
                self._read(self._others[int(key)]["file_id"], self._others[int(key)]["position"])

        self.app.push_screen(Picker("Other records of this event", choices), choose)

    def action_user(self) -> None:
        if self._event is not None:
            open_pusher(self.app, self._event)

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        if self._event is not None:
            self.app.push_screen(ActivityScreen(scopes_of(self._event)[0][0], around=self._event))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "filter":
            return True
        if action == "copies":
            return bool(self._others)
        if action == "copy_row":
            return self._record is not None
        if action == "sort":
            return False
        return super().check_action(action, parameters)


def _as_text(value: object) -> str:
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else str(value)
