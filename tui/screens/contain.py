"""What could be done now: suggestions as text, with their reasons. Nothing is run from here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from queries.case import Case
from queries.containment import Plan, Suggestion, plan
from queries.marks import keeper
from queries.progress import CancelToken
from queries.question import Question
from tui.dialogs import Choice, Picker
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_time, safe_content
from tui.widgets.facts import Facts

if TYPE_CHECKING:
    from tui.rules_job import RulesJob

TITLE = "Containment"


class ContainScreen(CaseScreen):
    """Made from what is marked; where nothing is, from the critical and high findings."""

    segment = TITLE
    explains = (
        "Suggestions only: this program changes nothing, here or anywhere. Each says why, which"
        " records are behind it and what to mind. {contain.copy-cell} copies a command,"
        " {contain.copy-row} all of them as text."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_cell", "Copy a command"),
        Binding("Y", "copy_row", "Copy all"),
        Binding("B", "go('marked')", "Marked"),
    ]

    def __init__(self, job: RulesJob, moment: datetime | None = None) -> None:
        """`moment`: before which sessions are to end; now, unless it is given."""
        super().__init__()
        self._job = job
        self._moment = moment or keeper.now().replace(microsecond=0)
        self._plan: Plan | None = None

    def body(self) -> Iterable[Widget]:
        yield Static("looking for what could be done …", id="scope")
        yield Facts(id="facts", label_width=7)

    def ready(self) -> None:
        self.query_one(Facts).focus()

        def work(case: Case, cancel: CancelToken) -> Plan:
            if len(case.marks) or self._job.found is not None:
                return plan(case, self._job.found, self._moment, cancel)
            found = self._job.find(case, cancel)
            try:
                return plan(case, found, self._moment, cancel)
            finally:
                found.close()

        self.ask("plan", work, self._show)

    def marks_changed(self) -> None:
        self.ready()

    def _show(self, made: Plan) -> None:
        self._plan = made
        count = len(made.suggestions)
        said = safe_content(f"{count} suggestions, {made.basis}", 240)
        self.query_one("#scope", Static).update(said)
        facts: list[Fact] = []
        for number, suggestion in enumerate(made.suggestions, 1):
            facts += _facts(number, suggestion)
        self.query_one(Facts).set(facts)
        self.refresh_bindings()

    def questions(self) -> list[Question]:
        return []

    # ---- keys ------------------------------------------------------------------------------

    def action_copy_cell(self) -> None:
        made = self._plan
        commands = [c for s in made.suggestions for c in s.commands] if made else []
        choices = [Choice(str(i), command) for i, command in enumerate(commands)]

        def done(key: str | None) -> None:
            if key is not None:
                self.copy(commands[int(key)])

        if choices:
            self.app.push_screen(Picker("Copy which command?", choices), done)

    def action_copy_row(self) -> None:
        from tui.commands.handover import plan_in_words

        if self._plan is not None:
            self.copy(plan_in_words(self._plan))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("copy_cell", "copy_row"):
            return self._plan is not None and bool(self._plan.suggestions)
        if action in ("pivot", "show_sql"):
            return False
        return super().check_action(action, parameters)


def _facts(number: int, suggestion: Suggestion) -> list[Fact]:
    title: Any = Content.styled(f"{suggestion.kind}: ", "bold")
    facts: list[Fact] = [
        (f"{number}", title + safe_content(suggestion.what, 400, "bold")),
        ("why", suggestion.why),
    ]
    shown = suggestion.behind[:3]
    for record in shown:
        said = f"{fmt_time(record.event_time, year=True)} {record.event_name} {record.event_id}"
        facts.append(("record", said))
    if len(suggestion.behind) > len(shown):
        facts.append(("", f"and {len(suggestion.behind) - len(shown)} more"))
    if suggestion.caution:
        facts.append(("mind", suggestion.caution))
    for command in suggestion.commands or ["no command: see above"]:
        facts.append(("run" if suggestion.commands else "", command))
    facts.append(("", " "))
    return facts
