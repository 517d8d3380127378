"""Findings: what the rules found, told as stories or listed one by one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from queries.case import Case
from queries.findings.found import Found
from queries.findings.model import counts_by_severity
from queries.findings.stories import why_here
from queries.naming import display_name, repository_name
from queries.question import Order, Question, ask_for
from queries.scope import ORIGIN, Scope
from tui.cells import attack, name_cell, time_cell
from tui.configuration.key_words import key_of, with_keys
from tui.enriched import enrichment
from tui.question_table import QuestionTable
from tui.rules_job import RulesJob
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_count, fmt_time, safe_content
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

TITLE = "Findings"
_STYLES = {"critical": "danger", "high": "attention", "low": "muted", "info": "muted"}


STORY, REPEATED, FINDING = "story", "repeated", "finding"
"""Kinds of lines among the stories; those of the list are all findings."""


def _line(row: Row) -> str:
    return str(row.get("line") or FINDING)


def _title_cell(value: Any, row: Row) -> Content | str:
    line = _line(row)
    if line == STORY:
        return safe_content(value, 200, "bold")
    if line == REPEATED:
        return f"  {value} ×{row['repeats']}"
    part = row.get("part")
    return str(value) if part is None else f"  {value}" if row["repeats"] == 1 else f"    {value}"


def _severity_cell(value: Any, row: Row) -> Content | str:
    return safe_content(value, 8, "bold" if value in ("critical", "high") else "")


def _repository_cell(value: Any, row: Row) -> Content | str:
    """Names alone: account and region stand in the preview."""
    names = [repository_name(name) for name in str(value or "").split(", ") if name]
    return names[0] + (f" +{len(names) - 1}" if len(names) > 1 else "") if names else "–"


COLUMNS = (
    Column("severity", "severity", width=8, render=_severity_cell),
    # As wide as the longest title with its number: on a narrow screen who and where stand below.
    Column("title", "what", min_width=50, weight=5, render=_title_cell),
    Column("repository", "repository", min_width=12, weight=1, priority=2, render=_repository_cell),
    Column("origin", "who", min_width=10, weight=1, render=name_cell, priority=1),
    Column("event_time", "when (UTC)", width=15, render=time_cell),
)
SEARCHED = ("title", "why", "rule", "severity", "repository", "origin", "principal", "image_tag",
            "image_digest")  # fmt: skip


def row_style(row: Row) -> str:
    return "" if _line(row) == STORY else _STYLES.get(str(row["severity"]), "")


class FindingTable(QuestionTable):
    """Asks what was found in place of the case. Sorting a story takes it apart."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Events")]
    found: Found | None = None

    def asked(self, case: Case) -> Case:
        return self.found.case if self.found is not None else case

    def sort_by(self, column: str) -> None:
        if self.question is not None and self.question.statement.name == "found/told":
            needle = self.question.needle
            self.show(listing().with_needle(needle, self.searched), keep=True)
        super().sort_by("severity_rank" if column == "severity" else column)

    def show(self, question: Question, *, keep: bool = False) -> None:
        super().show(question, keep=keep)
        if question.order and question.order[0].column == "severity_rank":
            self.set_sort("severity", question.order[0].descending)


def listing() -> Question:
    """Findings one by one, the worst first."""
    return ask_for("found/listing").with_order(Order("severity_rank"))


def told() -> Question:
    """Stories with their findings."""
    return ask_for("found/told", opened=" ").with_order(Order("story"))


class FindingsScreen(CaseScreen):
    """The first screen, where there is something to find."""

    segment = TITLE
    explains = (
        "What the rules found, told as stories: findings of one origin that lie close together, in"
        " the order of time. The story that more different critical rules hit stands first; where"
        " these are as many, high ones decide, then medium ones, then the time. What one principal"
        " did again and again within a minute is one line (×3): Enter opens it, and closes it."
        " {findings.mode} lists all one by one. Enter opens the events behind a finding or a story;"
        " {findings.rules} says which rules were asked."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "mode", "Stories/list"),
        Binding("o", "push", "Push"),
        Binding("u", "user", "User"),
        Binding("a", "activity", "Activity"),
        Binding("n", "rules", "Rules"),
        Binding("R", "go('repositories')", "Repositories"),
    ]

    def __init__(self, job: RulesJob) -> None:
        super().__init__()
        self._job = job
        self._ready = False
        self._shown = False

    def body(self) -> Iterable[Widget]:
        yield Static(id="scope")
        yield FindingTable(
            COLUMNS,
            searched=SEARCHED,
            row_style=row_style,
            empty_message=with_keys(
                "looking for findings · {findings.go-repositories} shows the repositories meanwhile"
            ),
            id="findings",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(FindingTable)
        table.reset(0)
        table.focus()
        self._ready = True
        self._job.start(self.case)
        self._timer = self.set_interval(0.1, self._say)
        self._say()
        self.asked()

    @property
    def busy(self) -> bool:
        return super().busy or not self._shown or not self._job.told

    # ---- looking ---------------------------------------------------------------------------

    @property
    def shown(self) -> bool:
        """Whether what was found is on the screen."""
        return self._shown

    def asked(self) -> None:
        """Show what was found, once the rules are through."""
        if not self._job.told or not self._ready:
            return
        self._shown = True
        self._timer.pause()
        table = self.query_one(FindingTable)
        found = self._job.found
        if found is None:
            table.empty_message = with_keys(
                "the rules were not run: see below · {findings.go-repositories} shows the"
                " repositories"
            )
            self.query_one("#preview", Facts).set([("why not", self._job.failure)])
            self.query_one("#scope", Static).update(Content.styled("not looked", "$text-warning"))
            return
        before, table.found = table.question, found
        table.empty_message = why_none(found)
        table.show(before or told(), keep=before is not None)
        self._say()
        self.refresh_bindings()

    @on(PagedTable.RowHighlighted)
    def _keys_of_row(self) -> None:
        self.refresh_bindings()

    def _say(self) -> None:
        line = self.query_one("#scope", Static)
        found = self._job.found
        job = self._job
        if job.running or found is None:
            part = f": {job.done} of {job.total}" if job.total else ""
            line.update(safe_content(f"looking for findings{part} · {job.step}", 78))
            return
        line.update(summary(found))

    def renew(self) -> None:
        """The case has grown, and the rules run again: what they found before stays until then."""
        self._timer.resume()

    # ---- what is shown ---------------------------------------------------------------------

    def action_mode(self) -> None:
        table = self.query_one(FindingTable)
        if table.question is None:
            return
        question = listing() if table.question.statement.name == "found/told" else told()
        table.show(question.with_needle(table.question.needle, SEARCHED), keep=True)

    def preview(self, row: Row) -> list[Fact]:
        if _line(row) == STORY:
            return story_facts(row, self._job.found)
        facts = finding_facts(row)
        if _line(row) == REPEATED:
            when = _span(row["event_time"], row["last_time"])
            facts.insert(1, ("times", f"{row['repeats']}, {when}; the first:"))
        return facts

    def questions(self) -> list[Question]:
        return []

    def action_show_sql(self) -> None:
        """The statement of the rule under the cursor: the list itself is no table of the case."""
        from queries.findings.run import rules_script

        row, found = self.row, self._job.found
        if row is None or found is None:
            return
        names = str(row["rule"]).split(", ")
        rules = [run.rule for run in found.runs if run.rule.id in names]
        head = f"-- duckdb -readonly '{self.case.path}'\n\n"
        self.ask(
            "sql",
            lambda case, cancel: rules_script(case, found.settings, rules),
            lambda text: self._show_script(head + text),
            opens=True,
        )

    def _show_script(self, text: str) -> None:
        from tui.dialogs import SqlView

        self.app.push_screen(SqlView(text))

    # ---- onward ----------------------------------------------------------------------------

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.finding import FindingScreen

        if self._job.found is not None and _line(message.row) == REPEATED:
            self._turn(message.row)
        elif self._job.found is not None:
            self.open_screen(FindingScreen(message.row, self._job.found))

    def _turn(self, row: Row) -> None:
        """Show what repeats itself one by one, or as one line again; the cursor stays on it."""
        table = self.query_one(FindingTable)
        if table.question is None:
            return
        place = f"{row['story']}/{row['place']}"
        opened = str(table.question.bound["opened"]).split()
        opened = [p for p in opened if p != place] if place in opened else [*opened, place]
        state = table.view_state
        said = f" {' '.join(opened)} " if opened else " "
        table.show(table.question.with_parameters(opened=said), keep=True)
        table.restore_row(state, row.key)

    def action_push(self) -> None:
        from tui.screens.push import PushScreen

        if self.row is not None and self.row["push_key"] is not None:
            self.app.push_screen(PushScreen(self.row["push_key"], str(self.row["image_tag"])))

    def action_user(self) -> None:
        if self.row is not None and self.row["origin"]:
            open_subject(self, self.row)

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        if self.row is not None and self.row["origin"]:
            around = self.row if self.row["event_time"] is not None else None
            self.app.push_screen(ActivityScreen(Scope(ORIGIN, str(self.row["origin"])), around))

    def action_rules(self) -> None:
        from tui.screens.rules import RulesScreen

        if self._job.found is not None:
            self.open_screen(RulesScreen(self._job.found))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self.row
        if action == "push":
            return row is not None and row["push_key"] is not None
        if action in ("user", "activity"):
            return row is not None and bool(row["origin"])
        if action in ("rules", "mode", "show_sql"):
            return self._job.found is not None
        return super().check_action(action, parameters)


def open_subject(screen: CaseScreen, row: Row) -> None:
    """Who a finding or a story is about."""
    from tui.screens.principal import PrincipalScreen

    screen.app.push_screen(PrincipalScreen(Scope(ORIGIN, str(row["origin"]))))


def finding_facts(row: Row) -> list[Fact]:
    """A finding in a few lines: why, what would make it harmless, what it rests on."""
    return [
        ("what", str(row["title"])),
        ("why", str(row["why"])),
        ("benign when", str(row["benign_when"])),
        ("rule", f"{row['rule']} · {row['severity']}{attack(row['technique'])}"),
        ("who", _who(row)),
        *_places(row),
        ("events", f"{fmt_count(row['events'])} · {row['repository'] or 'no repository'}"),
    ]


def story_facts(row: Row, found: Found | None) -> list[Fact]:
    """Who, when, where, and how bad; the findings themselves stand below it."""
    facts: list[Fact] = [
        ("story", str(row["title"])),
        ("who", str(row["origin"])),
        ("when", _span(row["event_time"], row["last_time"])),
        ("where", str(row["repository"] or "–")),
    ]
    story = next((s for s in found.stories if s.number == row["story"]), None) if found else None
    if story is not None:
        counts = counts_by_severity(finding.severity for finding in story.findings)
        said = " · ".join(f"{count} {name}" for name, count in counts.items())
        facts.append(("found", said))
        place = f"{story.number} of {len(found.stories) if found else 0}"
        facts.append(("stands", f"{place}, as {why_here(story)} hit it"))
    return facts


def _places(row: Row) -> list[Fact]:
    """Where the addresses of its events are, if the user's files know."""
    told = enrichment().told(str(row["event_addresses"] or "").split())
    if not told:
        return []
    more = f"; {len(told) - 4} more" if told[4:] else ""
    return [("from", "; ".join(told[:4]) + more)]


def _who(row: Row) -> str:
    origin, principal = row["origin"], row["principal"]
    if not origin or origin == principal:
        return str(principal or origin or "–")
    return f"{origin} ← {display_name(principal)}"


def _span(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return "no time recorded"
    begin = fmt_time(first, year=True)
    return f"{begin} UTC" if first == last else f"{begin} – {fmt_time(last, year=True)} UTC"


def asked_rules(found: Found) -> str:
    """`31 of 33 rules asked`."""
    ran = sum(1 for run in found.runs if run.status == "ran")
    return f"{ran} of {len(found.runs)} rules could be asked"


def why_none(found: Found) -> Content:
    """An empty list explains itself."""
    return Content(
        f"no findings · {asked_rules(found)} ({key_of('findings.rules')} says which not, and why) ·"
        f" {key_of('findings.go-repositories')} shows the repositories"
    )


def summary(found: Found) -> Content:
    """Counts in a line; the worst first."""
    counts = found.counts()
    if not counts:
        return Content(f"no findings · {asked_rules(found)}")
    said = [f"{fmt_count(sum(counts.values()))} in {_stories(len(found.stories))}"]
    said += [f"{count} {name}" for name, count in counts.items()]
    return Content(f"{' · '.join(said)} · {asked_rules(found)}")


def _stories(count: int) -> str:
    return f"{count} stor{'y' if count == 1 else 'ies'}"
