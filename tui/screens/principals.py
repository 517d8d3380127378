"""Principals: everyone who acted, pushed or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from queries.question import Order, ask_for
from queries.scope import IDENTITY, Scope
from tui.cells import count_cell, name_cell, time_cell
from tui.configuration.key_words import with_keys
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_count, fmt_some, fmt_span
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

COLUMNS = (
    Column("identity_arn", "who", min_width=24, weight=3, render=name_cell),
    Column("identity_type", "type", width=16, priority=3),
    Column("account_id", "account", width=12, priority=1),
    Column("pushes", "pushes", width=6, align="right", render=count_cell),
    Column("events", "events", width=9, align="right", render=count_cell),
    Column("writes", "writes", width=7, align="right", priority=1, render=count_cell),
    Column("failures", "failed", width=7, align="right", priority=1, render=count_cell),
    Column("sessions", "keys", width=6, align="right", priority=5, render=count_cell),
    Column("addresses", "from", width=5, align="right", priority=6, render=count_cell),
    Column("first_seen", "first seen", width=15, priority=7, render=time_cell),
    Column("last_seen", "last seen", width=15, priority=2, render=time_cell),
)


class PrincipalTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Who is it")]


class PrincipalsScreen(CaseScreen):
    """One row for each role, user and service."""

    segment = "Principals"
    explains = "Sessions of one role are one row here; Enter shows them one by one."
    of_row = frozenset({"activity", "behind", "versus"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "activity", "Activity"),
        Binding("w", "behind", "Who was behind it"),
        Binding("c", "versus", "Side by side"),
    ]

    def body(self) -> Iterable[Widget]:
        yield PrincipalTable(
            COLUMNS,
            searched=("identity_arn", "identity_type", "account_id"),
            empty_message=with_keys("no events, so nobody · {go-evidence} shows the files and why"),
            id="principals",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(PrincipalTable)
        table.show(ask_for("principals").with_order(Order("events", descending=True)))
        table.focus()

    def preview(self, row: Row) -> list[Fact]:
        return [
            ("principal", str(row["identity_arn"])),
            ("seen", fmt_span(row["first_seen"], row["last_seen"])),
            (
                "did",
                f"{fmt_some(row['events'], 'event')}, {fmt_some(row['writes'], 'write')},"
                f" {fmt_count(row['failures'])} failed or denied, from"
                f" {fmt_some(row['addresses'], 'address', 'addresses')} with"
                f" {fmt_some(row['sessions'], 'key')}",
            ),
        ]

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.principal import PrincipalScreen

        self.open_screen(PrincipalScreen(Scope(IDENTITY, str(message.row["identity_arn"]))))

    def action_behind(self) -> None:
        from tui.screens.behind import BehindScreen

        if self.row is not None:
            self.open_screen(BehindScreen(str(self.row["identity_arn"])))

    def action_versus(self) -> None:
        from tui.screens.versus import VersusScreen

        if self.row is not None:
            self.open_screen(VersusScreen(str(self.row["identity_arn"]), None))

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        if self.row is not None:
            self.app.push_screen(ActivityScreen(Scope(IDENTITY, str(self.row["identity_arn"]))))
