"""The events behind one finding, or behind all findings of a story."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from queries.case import Case
from queries.findings.found import Found
from queries.progress import CancelToken
from queries.question import Order, Question, ask_for
from queries.scope import ORIGIN, Scope
from tui.cells import (
    call_cell,
    event_mark,
    event_style,
    name_cell,
    result_cell,
    service_cell,
    time_cell,
)
from tui.enriched import with_place
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

COLUMNS = (
    Column("mark", "", width=1, render=event_mark),
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("event_name", "event", min_width=18, weight=2, render=call_cell),
    Column("target", "on", min_width=14, weight=2, priority=1),
    Column("outcome", "result", width=12, render=result_cell),
    Column("title", "behind", min_width=20, weight=2, priority=2),
    Column("principal", "who", min_width=14, weight=2, priority=3, render=name_cell),
    Column("event_source", "service", width=12, priority=4, render=service_cell),
    Column("source_ip_address", "from", min_width=13, weight=1, priority=5),
)


class BehindTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]
    found: Found | None = None

    def asked(self, case: Case) -> Case:
        return self.found.case if self.found is not None else case


class FindingScreen(CaseScreen):
    """Opened from the row of a finding or of a story."""

    explains = (
        "The events that a finding rests on, in the order of time. Where it is a story, behind says"
        " for which of its findings an event counts."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "push", "Push"),
        Binding("u", "user", "User"),
        Binding("a", "activity", "Activity"),
    ]

    def __init__(self, finding: Row, found: Found) -> None:
        super().__init__()
        self._finding = finding
        self._found = found
        self._story = finding["finding_id"] is None
        self._went = False
        self.segment = f"story {finding['story']}" if self._story else str(finding["rule"])

    def body(self) -> Iterable[Widget]:
        yield Facts(id="why")
        columns = COLUMNS if self._story else [c for c in COLUMNS if c.key != "title"]
        yield BehindTable(
            columns,
            searched=("event_name", "target", "principal", "source_ip_address", "title"),
            row_style=event_style,
            id="events",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        from tui.screens.findings import finding_facts, story_facts

        row = self._finding
        facts = story_facts(row, self._found) if self._story else finding_facts(row)
        self.query_one("#why", Facts).set(facts)
        table = self.query_one(BehindTable)
        table.found = self._found
        which = {"story": self._finding["story"]}
        if not self._story:
            which = {"finding_id": self._finding["finding_id"]}
        table.show(ask_for("found/behind", **which).with_order(Order("event_time")))
        table.focus()
        self._go_to_event()

    def _go_to_event(self) -> None:
        """Put the cursor on the event that made the finding: the oldest is seldom the one."""
        key = self._finding["event_key"]
        question = self.query_one(BehindTable).question
        if self._went or key is None or question is None:
            return
        self._went = True
        asked = question.with_needle("", ())

        def rank(case: Case, cancel: CancelToken) -> int:
            keys = self._found.case.ask(asked.sql, asked.bound, cancel)
            at = keys.columns.index("event_key")
            return next((n for n, row in enumerate(keys.rows) if row[at] == key), 0)

        self.ask("rank", rank, self._jump)

    def _jump(self, at: int) -> None:
        table = self.query_one(BehindTable)
        if not table.total_exact and at >= table.row_count:
            table.set_total(at + 1, exact=False)
        table.move_to_row_key((self._finding["event_key"],), hint=at)

    def renew(self) -> None:
        """It belongs to what was found when it was opened."""

    def questions(self) -> list[Question]:
        return []

    def preview(self, row: Row) -> list[Fact]:
        facts: list[Fact] = [
            ("event", f"{row['event_name']} · {row['event_source']} · {row['aws_region']}"),
            ("on", str(row["target"] or "–")),
            ("who", f"{row['principal']}  {row['access_key_id'] or ''}".rstrip()),
            ("from", f"{with_place(row['source_ip_address'])} · {row['user_agent'] or '–'}"),
        ]
        if row["error_code"]:
            facts.insert(1, ("error", f"{row['error_code']} · {row['error_message'] or ''}"))
        return facts

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.raw import RawScreen

        self.open_screen(RawScreen(message.row["event_key"]))

    def action_push(self) -> None:
        from tui.screens.push import PushScreen

        if self._finding["push_key"] is not None:
            self.app.push_screen(
                PushScreen(self._finding["push_key"], str(self._finding["image_tag"]))
            )

    def action_user(self) -> None:
        from tui.screens.findings import open_subject

        if self._finding["origin"]:
            open_subject(self, self._finding)

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        around = self.row or self._finding
        if self._finding["origin"]:
            scope = Scope(ORIGIN, str(self._finding["origin"]))
            self.app.push_screen(ActivityScreen(scope, around))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "push":
            return self._finding["push_key"] is not None
        if action in ("user", "activity"):
            return bool(self._finding["origin"])
        return action != "show_sql" and super().check_action(action, parameters)
