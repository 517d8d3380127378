"""Repositories: where the drill-down begins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from queries.case import Case
from queries.naming import origin_and_session
from queries.progress import CancelToken
from queries.question import Order, Question, ask_for
from tui.cells import count_cell, name_cell, repository_column, spark_cell, time_cell
from tui.configuration.key_words import key_of, with_keys
from tui.jobs import ask_rows
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_count, fmt_some, fmt_time
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

SLICES = 12

COLUMNS = (
    repository_column(min_width=30, weight=3),
    Column("pushes", "pushes", width=6, align="right", render=count_cell),
    Column("attempts", "tries", width=5, align="right", priority=3, render=count_cell),
    Column("pulls", "pulls", width=6, align="right", priority=2, render=count_cell),
    Column("pushers", "by", width=3, align="right", render=count_cell),
    Column("tag_moves", "moved", width=5, align="right", priority=4, render=count_cell),
    Column(
        "activity", "activity", width=SLICES, priority=5, render=spark_cell(SLICES), sorts=False
    ),
    Column("first_push", "first push", width=15, priority=7, render=time_cell),
    Column("last_push", "last push", width=15, render=time_cell),
    Column("last_origin", "by whom", min_width=14, weight=2, priority=1, render=name_cell),
    Column("last_tags", "tag", min_width=10, weight=1, priority=6),
)


class RepositoriesScreen(CaseScreen):
    """One row for each repository, `account/region/name`."""

    segment = "Repositories"
    explains = (
        "Every repository that a registry event names. tries are failed pushes, by counts the"
        " people and jobs behind the pushes, moved counts tags that were put on another image."
        " Enter opens the pushes and tries, {repositories.pulls} the pulls."
    )
    of_row = frozenset({"activity", "pulls"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "activity", "Activity"),
        Binding("P", "pulls", "Pulls"),
        Binding("p", "go('principals')", "Principals"),
        Binding("e", "go('evidence')", "Evidence"),
        Binding("S", "start", "Start from"),
    ]

    def body(self) -> Iterable[Widget]:
        yield _Table(
            COLUMNS,
            searched=("repository", "last_pusher", "last_origin", "last_tags"),
            empty_message=why_no_repositories(self.case.totals),
            id="repositories",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(_Table)
        table.show(question())
        table.focus()

    def preview(self, row: Row) -> list[Fact]:
        facts: list[Fact] = [("repository", str(row["repository"]))]
        if row["last_push"]:
            who = origin_and_session(row["last_origin"], row["last_pusher"])
            tags = row["last_tags"] or "no tag"
            facts.append(("last push", f"{fmt_time(row['last_push'], year=True)} {tags} by {who}"))
            facts.append(("first push", fmt_time(row["first_push"], year=True)))
        else:
            facts.append(("pushes", "none that succeeded in this evidence"))
        if row["service_images"]:
            facts.append(("by services", f"{fmt_some(row['service_images'], 'image')} copied"))
        facts.append(("events", f"{fmt_count(row['events'])} in all"))
        return facts

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.pushes import PushesScreen

        self.open_screen(PushesScreen(str(message.row["repository"])))

    def action_pulls(self) -> None:
        from tui.screens.pulls import PullsScreen

        if self.row is not None:
            self.open_screen(PullsScreen({"repository": str(self.row["repository"])}))

    def action_activity(self) -> None:
        from queries.scope import REPOSITORY, Scope
        from tui.screens.activity import ActivityScreen

        if self.row is not None:
            self.app.push_screen(ActivityScreen(Scope(REPOSITORY, str(self.row["repository"]))))


def question() -> Question:
    """Repositories, the one pushed to last first."""
    return ask_for("repositories").with_order(Order("last_push", descending=True))


class _Table(QuestionTable):
    """Adds a sparkline of pushes over the evidence, or the window of time, to each row."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Pushes")]

    def rows_of(self, page: Question, case: Case, cancel: CancelToken) -> list[Row]:
        rows = super().rows_of(page, case, cancel)
        window = case.totals["window"]
        if not window["first"]:
            return rows
        start, end = (datetime.fromisoformat(window[k]).timestamp() for k in ("first", "last"))
        since, until = page.parameters.get("since"), page.parameters.get("until")
        start = max(start, since.replace(tzinfo=UTC).timestamp()) if since else start
        end = min(end, until.replace(tzinfo=UTC).timestamp() - 1) if until else end
        width = max(1, int((end - start) // SLICES) + 1)
        slices = ask_rows(ask_for("pushes_by_slice", start=int(start), width=width))(case, cancel)
        series: dict[str, list[int]] = {}
        for entry in slices:
            counts = series.setdefault(entry["repository"], [0] * SLICES)
            if 0 <= entry["slice"] < SLICES:
                counts[entry["slice"]] += entry["pushes"]
        return [
            Row(row.key, {**row.values, "activity": series.get(row["repository"], [])})
            for row in rows
        ]


def why_no_repositories(totals: dict[str, Any]) -> Content:
    """An empty list explains itself: what the evidence covers, and where to go on."""
    window = totals["window"]
    if not totals["events"]:
        return Content(
            with_keys("no CloudTrail record was read · {go-evidence} shows every file and why")
        )
    span = f"{window['first'][:16]} – {window['last'][:16]}".replace("T", " ")
    return Content(
        f"no registry event among {totals['events']:,} events ({span} UTC) ·"
        f" {key_of('go-principals')} lists who acted"
    )
