"""Other ways in: everything in the evidence of one kind (keys, addresses, resources), as a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from queries.naming import display_name, service_name
from queries.question import Order, ask_for
from queries.scope import ADDRESS, ALL, KEY, Filters, Scope
from tui.cells import (
    count_cell,
    name_cell,
    resource_cell,
    service_cell,
    time_cell,
)
from tui.configuration.key_words import with_keys
from tui.enriched import with_place
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_count, fmt_some, fmt_span, fmt_time
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

_COUNTS = (
    Column("events", "events", width=9, align="right", render=count_cell),
    Column("writes", "writes", width=7, align="right", priority=1, render=count_cell),
    Column("failures", "failed", width=7, align="right", priority=1, render=count_cell),
)
_TIMES = (
    Column("first_seen", "first seen", width=15, priority=6, render=time_cell),
    Column("last_seen", "last seen", width=15, priority=2, render=time_cell),
)


def _several(value: Any, row: Row) -> str:
    """The one who acted, or how many did."""
    count = row["principals"]
    return display_name(value) if count == 1 else fmt_some(count, "principal")


@dataclass(frozen=True, slots=True)
class Entry:
    """A list to begin at: its question, its columns, and whose events a row leads to."""

    title: str
    question: str
    explains: str
    columns: tuple[Column, ...]
    searched: tuple[str, ...]
    scope: Callable[[Row], Scope]
    facts: Callable[[Row], list[Fact]]
    filters: Callable[[Row], Filters] = lambda row: Filters(fold_layers=True)


def _seen(row: Row) -> Fact:
    if row["first_seen"] is None:
        return ("seen", "never used in this evidence")
    return ("seen", fmt_span(row["first_seen"], row["last_seen"]))


def _did(row: Row) -> Fact:
    return (
        "events",
        f"{fmt_count(row['events'])}, of these {fmt_some(row['writes'], 'write')},"
        f" {fmt_count(row['failures'])} failed or denied",
    )


def _key_facts(row: Row) -> list[Fact]:
    facts: list[Fact] = [
        ("access key", str(row["access_key_id"])),
        ("used by", str(row["principal"] or "–")),
        _seen(row),
        _did(row),
    ]
    if row["issued_by"]:
        facts.insert(
            2, ("issued", f"{fmt_time(row['issued_at'], year=True)} by {row['issued_by']}")
        )
    if row["origin"]:
        facts.insert(2, ("origin", str(row["origin"])))
    return facts


def _address_facts(row: Row) -> list[Fact]:
    return [
        ("address", with_place(row["source_ip_address"])),
        (
            "used by",
            f"{_several(row['one_principal'], row)} with {fmt_some(row['sessions'], 'key')},"
            f" of {fmt_some(row['accounts'], 'account')}",
        ),
        _seen(row),
        _did(row),
    ]


def _resource_facts(row: Row) -> list[Fact]:
    facts: list[Fact] = [
        ("resource", str(row["resource"])),
        ("service", service_name(str(row["event_source"]))),
        ("touched by", _several(row["one_principal"], row)),
        _seen(row),
        _did(row),
    ]
    if row["last_write"] is not None:
        facts.append(("last write", fmt_time(row["last_write"], year=True)))
    return facts


KEYS = Entry(
    "Sessions and keys",
    "keys",
    "One row for each access key: a user's own, or that of one session. Keys that were issued and"
    " never used stand at the end. Enter shows everything done with a key.",
    (
        Column("access_key_id", "access key", width=22),
        Column("principal", "used by", min_width=18, weight=3, render=name_cell),
        Column("origin", "began with", min_width=12, weight=1, priority=3, render=name_cell),
        *_COUNTS,
        Column("addresses", "from", width=5, align="right", priority=4, render=count_cell),
        Column("issued_by", "issued by", width=16, priority=5),
        *_TIMES,
    ),
    ("access_key_id", "principal", "origin", "issued_by", "account_id"),
    lambda row: Scope(KEY, str(row["access_key_id"])),
    _key_facts,
)
ADDRESSES = Entry(
    "Addresses",
    "addresses",
    "Every source address; names such as cloudtrail.amazonaws.com or 'AWS Internal' stand where a"
    " service called. Enter shows everything from there.",
    (
        Column("source_ip_address", "from", min_width=20, weight=2),
        Column("place", "where", min_width=18, weight=3, priority=2),
        Column("one_principal", "who", min_width=14, weight=2, render=_several),
        *_COUNTS,
        Column("principals", "by", width=5, align="right", priority=3, render=count_cell),
        Column("sessions", "keys", width=6, align="right", priority=4, render=count_cell),
        *_TIMES,
    ),
    ("source_ip_address", "one_principal"),
    lambda row: Scope(ADDRESS, str(row["source_ip_address"])),
    _address_facts,
)
RESOURCES = Entry(
    "Resources",
    "resources",
    "Everything that calls acted on, by its ARN or the name in the request. Enter shows all that"
    " was done to it.",
    (
        Column("resource", "resource", min_width=26, weight=4, render=resource_cell),
        Column("event_source", "service", width=12, priority=2, render=service_cell),
        Column("one_principal", "who", min_width=12, weight=1, priority=3, render=_several),
        *_COUNTS,
        Column("last_write", "last write", width=15, priority=1, render=time_cell),
        *_TIMES,
    ),
    ("resource", "event_source", "one_principal"),
    # Where a role is touched, and not where it acts.
    lambda row: Scope(ALL),
    _resource_facts,
    lambda row: Filters(resource=row["resource"], service=row["event_source"]),
)


class EntryTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Its activity")]


class EntryScreen(CaseScreen):
    """One row for each key, address or resource; most events first."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("u", "user", "User")]

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._entry = entry
        self.segment = entry.title
        self.explains = entry.explains

    def body(self) -> Iterable[Widget]:
        yield EntryTable(
            self._entry.columns,
            searched=self._entry.searched,
            empty_message=with_keys(
                "none in this evidence · {go-evidence} shows the files and why"
            ),
            id="entries",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(EntryTable)
        table.show(ask_for(self._entry.question).with_order(Order("events", descending=True)))
        table.focus()

    def preview(self, row: Row) -> list[Fact]:
        return self._entry.facts(row)

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.activity import ActivityScreen

        row = message.row
        self.open_screen(ActivityScreen(self._entry.scope(row), filters=self._entry.filters(row)))

    @on(PagedTable.RowHighlighted)
    def _keys_of_row(self, message: PagedTable.RowHighlighted) -> None:
        self.refresh_bindings()

    @property
    def _who(self) -> str | None:
        """Who stands in the row, if it is one."""
        row = self.row
        if row is None:
            return None
        who = row.get("principal") or (row.get("one_principal") if row["principals"] == 1 else None)
        return str(who) if who else None

    def action_user(self) -> None:
        from tui.screens.principal import PrincipalScreen

        if who := self._who:
            self.open_screen(PrincipalScreen(Scope("principal", who)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "user":
            return self._who is not None
        return super().check_action(action, parameters)
