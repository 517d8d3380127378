"""Two principals side by side: what both used, and what only one of them did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from queries.case import Case
from queries.naming import display_name, service_name
from queries.progress import CancelToken
from queries.question import Order, ask_for
from queries.scope import ORIGIN, Filters, Scope, about
from tui.cells import count_cell
from tui.dialogs import Choice, Picker
from tui.jobs import ask_rows
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_count, fmt_some, fmt_span
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

CHOICES = 500


def _thing(value: Any, row: Row) -> str:
    return service_name(value) if row["kind"] == "service" else str(value)


def _shared(value: Any, row: Row) -> str:
    return {"both": "= both", "first only": "< first", "second only": "> second"}[str(value)]


COLUMNS = (
    Column("shared", "used by", width=9, render=_shared),
    Column("kind", "kind", width=10),
    Column("thing", "value", min_width=24, weight=3, render=_thing),
    Column("first_events", "first", width=8, align="right", render=count_cell),
    Column("second_events", "second", width=8, align="right", render=count_cell),
)


_FILTERS = {"call": "name"}
"""Kind of value here -> the filter by it, where that is called otherwise."""


class _Table(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Events with it")]


class VersusScreen(CaseScreen):
    """The two in numbers, and below them every call, address, client and so on of both."""

    explains = (
        "Each principal with all sessions that started from it. = both used it · < only the first"
        " · > only the second. {versus.other} puts another principal in second place."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("n", "other", "Another")]

    def __init__(self, first: str, second: str | None) -> None:
        super().__init__()
        self._first, self._second = first, second
        self.segment = f"{display_name(first)} beside {display_name(second) if second else '…'}"

    def body(self) -> Iterable[Widget]:
        yield Facts(id="changes")
        yield _Table(
            COLUMNS,
            searched=("kind", "thing", "shared"),
            row_style=lambda row: "attention" if row["shared"] == "both" else "",
            empty_message="n picks whom to put beside it",
            id="versus-table",
        )
        yield Facts(id="preview")

    def preview(self, row: Row) -> list[Fact]:
        """The value in full, and who used it how often."""
        return [
            (str(row["kind"]), str(row["thing"])),
            ("first", fmt_some(row["first_events"], "event")),
            ("second", fmt_some(row["second_events"], "event")),
        ]

    def ready(self) -> None:
        self.query_one(_Table).focus()
        if self._second is None:
            self.query_one("#changes", Facts).set(
                [("first", self._first), ("second", "n picks one")]
            )
            self.query_one(_Table).show(ask_for("two_principals"))
            self.action_other()
        else:
            self._compare()

    def _compare(self) -> None:
        asked = ask_for("two_principals", value=self._first, other=self._second)
        order = (Order("shared"), Order("kind"), Order("first_events", True))
        self.query_one(_Table).show(asked.with_order(*order))

        def work(case: Case, cancel: CancelToken) -> list[dict[str, Any]]:
            return [
                ask_rows(about("activity_summary", Scope(ORIGIN, who)))(case, cancel)[0]
                for who in (self._first, self._second)
            ]

        self.ask("summaries", work, self._show)

    def _show(self, summaries: list[dict[str, Any]]) -> None:
        facts: list[Fact] = []
        for name, who, summary in zip(
            ("first", "second"), (self._first, self._second), summaries, strict=True
        ):
            facts += [
                (name, str(who)),
                (
                    "",
                    f"{fmt_span(summary['first_seen'], summary['last_seen'])},"
                    f" {fmt_some(summary['events'], 'event')},"
                    f" {fmt_some(summary['writes'], 'write')},"
                    f" {fmt_count(summary['denied'])} denied,"
                    f" {fmt_some(summary['access_keys'], 'key')}",
                ),
            ]
        self.query_one("#changes", Facts).set(facts)

    def action_other(self) -> None:
        asked = ask_for("principals").with_order(Order("events", True)).with_page(CHOICES)
        self.ask("choices", ask_rows(asked), self._choose, opens=True)

    def _choose(self, rows: list[dict[str, Any]]) -> None:
        choices = [
            Choice(str(row["identity_arn"]), display_name(row["identity_arn"]), row["events"])
            for row in rows
            if row["identity_arn"] not in (None, self._first)
        ]
        self.app.push_screen(Picker("Put beside it", choices), self._chosen)

    def _chosen(self, key: str | None) -> None:
        if key is not None:
            self._second = key
            self.segment = f"{display_name(self._first)} beside {display_name(key)}"
            self._set_crumbs()
            self._compare()

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        """Whose events: each number opens to what it counts, or all with the value."""
        row = message.row
        choices = [
            Choice(who, f"{display_name(who)}: its events with this", row[f"{place}_events"])
            for place, who in (("first", self._first), ("second", str(self._second)))
            if row[f"{place}_events"]
        ]
        choices.append(Choice("", "everything with it, whoever it was"))

        def chosen(who: str | None) -> None:
            from tui.screens.activity import ActivityScreen

            if who:
                name = _FILTERS.get(str(row["kind"]), str(row["kind"]))
                filters = Filters().changed(**{name: row["thing"]})
                self.open_screen(ActivityScreen(Scope(ORIGIN, who), filters=filters))
            elif who is not None:
                self._pivot(str(row["thing"]))

        self.app.push_screen(Picker(f"{row['kind']} {row['thing']}", choices), chosen)
