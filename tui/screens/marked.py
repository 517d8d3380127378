"""Everything that is marked as evidence, in the order of time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from queries.case import Case
from queries.marks.model import Mark
from queries.marks.tables import MarkTables
from queries.naming import display_name
from queries.question import Order, Question, ask_for
from queries.raw import RawRecord
from tui.cells import event_style, service_cell, time_cell
from tui.configuration.key_words import with_keys
from tui.enriched import with_place
from tui.marking import mark_in_words
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.raw import RawScreen
from tui.screens.who import open_pusher
from tui.text import fmt_time, short_digest
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

TITLE = "Marked"


def _what(value: Any, row: Row) -> Content | str:
    if not row["is_push"]:
        return str(value or "–")
    return f"push {row['image_tags'] or short_digest(row['image_digest'] or '')}"


def _on(value: Any, row: Row) -> Content | str:
    repository = str(row["repository"] or "")
    return repository.split("/", 2)[-1] or str(value or "–")


def _who(value: Any, row: Row) -> Content | str:
    return display_name(value or row["principal"])


COLUMNS = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("event_name", "what", min_width=14, weight=2, render=_what),
    Column("event_source", "service", width=12, priority=4, render=service_cell),
    Column("target", "on", min_width=10, weight=2, priority=2, render=_on),
    Column("origin", "who", min_width=10, weight=1, priority=1, render=_who),
    Column("tags", "tags", min_width=9, weight=2),
    Column("comment", "comment", min_width=14, weight=4),
    Column("author", "marked by", min_width=9, weight=1, priority=3),
)


class MarkedTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]
    tables: MarkTables | None = None

    def asked(self, case: Case) -> Case:
        return self.tables.of(case.marks) if self.tables is not None else case


class MarkedScreen(CaseScreen):
    """What will be in the report and travels with the case."""

    segment = TITLE
    explains = (
        "Events and pushes marked as evidence ({mark} on any screen), with their raw records:"
        " these are in the report, and with the case file they can be read where the evidence is"
        " not. {marked.mark} changes tags and comment, {marked.remove} removes a mark,"
        " {marked.undo-mark} takes back one step after the other."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("M", "mark", "Tags, comment"),
        Binding("d", "remove", "Remove"),
        Binding("U", "undo_mark", "Take back"),
        Binding("o", "push", "Push"),
        Binding("u", "user", "User"),
        Binding("a", "activity", "Activity"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._tables = MarkTables()

    def body(self) -> Iterable[Widget]:
        yield MarkedTable(
            COLUMNS,
            searched=(
                "event_name",
                "target",
                "repository",
                "principal",
                "origin",
                "access_key_id",
                "source_ip_address",
                "tags",
                "comment",
                "author",
                "event_id",
            ),
            row_style=event_style,
            empty_message=with_keys(
                "nothing is marked yet · {mark} marks what is under the cursor, on any screen"
            ),
            id="marked",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(MarkedTable)
        table.tables = self._tables
        table.show(ask_for("marks/listing").with_order(Order("event_time")))
        table.focus()

    def marks_changed(self) -> None:
        table = self.query_one(MarkedTable)
        if table.question is not None:
            table.show(table.question, keep=True)

    def questions(self) -> list[Question]:
        return []

    def to_mark(self) -> int | None:
        return None

    @property
    def mark(self) -> Mark | None:
        """The mark under the cursor."""
        return self.case.marks.get(str(self.row["mark_key"])) if self.row is not None else None

    def preview(self, row: Row) -> list[Fact]:
        mark = self.case.marks.get(str(row["mark_key"]))
        if mark is None:
            return []
        facts: list[Fact] = [("mark", mark_in_words(mark))]
        if mark.changed != mark.time:
            changed = f"{mark.changed_by} on {fmt_time(mark.changed, year=True)} UTC"
            facts.append(("changed", changed))
        facts += [
            ("event", f"{row['event_name']} · {row['event_source']} · {row['aws_region']}"),
            ("who", f"{row['principal']}  {row['access_key_id'] or ''}".rstrip()),
            ("from", f"{with_place(row['source_ip_address'])} · {row['user_agent'] or '–'}"),
        ]
        if row["image_digest"]:
            facts.append(("image", str(row["image_digest"])))
        if row["records"]:
            kept = f"{row['file_name']}, record {row['position']} · sha256 {row['record_sha256']}"
            facts.append(("record", kept))
        else:
            facts.append(("record", "could not be read when it was marked"))
        if row["event_key"] is None:
            facts.append(("not here", "the evidence that is open does not have this event"))
        return facts

    # ---- keys ------------------------------------------------------------------------------

    @on(PagedTable.RowHighlighted)
    def _offer_keys(self) -> None:
        """Keys are about a mark, which has just come under the cursor or gone."""
        self.refresh_bindings()

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        if message.row["event_key"] is not None:
            self.open_screen(RawScreen(message.row["event_key"]))
        elif (mark := self.mark) is not None and mark.record is not None:
            self.open_screen(KeptScreen(message.row, mark))

    def action_mark(self) -> None:
        if self.mark is not None:
            self.edit_mark(self.mark)

    def action_remove(self) -> None:
        if self.mark is not None:
            self.case.marks.remove(self.mark.key)
            self.notify(with_keys("no longer marked · {undo-mark}: take back"), timeout=3)
            self.say_marks_changed()

    def action_push(self) -> None:
        from tui.screens.push import PushScreen

        row = self.row
        if row is not None and row["is_push"] and row["event_key"] is not None:
            self.open_screen(PushScreen(row["event_key"], str(row["image_tags"])))

    def action_user(self) -> None:
        if self.row is not None:
            open_pusher(self.app, self.row)

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen
        from tui.screens.who import scopes_of

        if self.row is not None and (scopes := scopes_of(self.row)):
            around = self.row if self.row["event_key"] is not None else None
            self.open_screen(ActivityScreen(scopes[0][0], around=around))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self.row
        if action in ("mark", "remove", "user", "activity"):
            return row is not None
        if action == "push":
            return row is not None and bool(row["is_push"]) and row["event_key"] is not None
        return action != "show_sql" and super().check_action(action, parameters)


class KeptScreen(RawScreen):
    """The record of a marked event that the open evidence does not have."""

    def __init__(self, row: Row, mark: Mark) -> None:
        super().__init__(-1)
        self._kept_row = row
        self._mark = mark

    def ready(self) -> None:
        from tui.widgets.json_view import JsonView

        self.query_one(JsonView).focus()
        record = self._mark.record
        self._event = self._kept_row
        if record is not None:
            said = f"as kept in the case: {mark_in_words(self._mark)}"
            self._show_record(RawRecord(record.text, record.file_name, record.position, said))

    def questions(self) -> list[Question]:
        return []
