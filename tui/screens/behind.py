"""Who was behind it: the tree of sessions, what they touched, what they created, who was near."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import TabbedContent, TabPane

from queries.naming import display_name, service_name
from queries.question import Order, ask_for
from queries.scope import CREATED, IDENTITY, KEY, ORIGIN, PRINCIPAL, Filters, Scope
from tui.cells import call_cell, count_cell, name_cell, resource_cell, service_cell, time_cell
from tui.enriched import with_place
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_count, fmt_some, fmt_span, fmt_time
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row


def _tree(value: Any, row: Row) -> str:
    """The session, set in by its depth: what hangs below it was minted with it."""
    depth = int(row["depth"])
    name = display_name(row["principal"])
    return name if depth == 0 else "   " * (depth - 1) + "└─ " + name


def _kind(value: Any, row: Row) -> str:
    return str(value) if row["outcome"] == "ok" else f"{value} (refused)"


TREE = (
    Column("principal", "origin, and the sessions minted from it", min_width=26, weight=4,
           render=_tree),
    Column("issued_at", "minted (UTC)", width=15, priority=2, render=time_cell),
    Column("issued_by", "by", min_width=10, weight=1, priority=4),
    Column("events", "events", width=6, align="right", render=count_cell),
    Column("writes", "writes", width=6, align="right", render=count_cell),
    Column("failures", "failed", width=6, align="right", priority=3, render=count_cell),
    Column("image_puts", "images", width=6, align="right", render=count_cell),
    Column("last_seen", "last seen", width=15, priority=5, render=time_cell),
    Column("access_key_id", "access key", width=21, priority=6),
)  # fmt: skip
TOUCHED = (
    Column("event_source", "service", width=14, render=service_cell),
    Column("resource", "resource", min_width=24, weight=4, render=resource_cell),
    Column("writes", "writes", width=6, align="right", render=count_cell),
    Column("refused", "refused", width=7, align="right", render=count_cell),
    Column("reads", "reads", width=6, align="right", render=count_cell),
    Column("example", "such as", min_width=14, weight=1, priority=2),
    Column("through", "through", width=15, priority=3),
    Column("last_seen", "last seen", width=15, priority=4, render=time_cell),
)
MADE = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("kind", "what", min_width=16, weight=1, render=_kind),
    Column("name", "of whom, or called", min_width=14, weight=2),
    Column("uses", "used", width=6, align="right", render=count_cell),
    Column("use_writes", "writes", width=6, align="right", priority=3, render=count_cell),
    Column("first_use", "first use", width=15, priority=2, render=time_cell),
    Column("event_name", "call", min_width=14, render=call_cell, priority=4),
    Column("origin", "by", min_width=12, weight=1, priority=5, render=name_cell),
)
NEAR = (
    Column("source_ip_address", "address", min_width=14),
    Column("identity_arn", "who else", min_width=20, weight=3, render=name_cell),
    Column("account_id", "account", width=12, priority=4),
    Column("events", "events", width=7, align="right", render=count_cell),
    Column("writes", "writes", width=6, align="right", priority=3, render=count_cell),
    Column("failures", "failed", width=6, align="right", priority=5, render=count_cell),
    Column("first_seen", "first seen", width=15, priority=2, render=time_cell),
    Column("last_seen", "last seen", width=15, priority=6, render=time_cell),
)


class _ActivityTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Its activity")]


class _RecordTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]


class _WhoTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Who")]


class BehindScreen(CaseScreen):
    """Tabs: chain, touched, created, nearby."""

    explains = (
        "Chain: the origin, and below it every session that was minted from it, used or not; a"
        " role shows every origin that led into it. Touched: writes first. Created: keys, users,"
        " roles and other ways in, with what was done through them afterwards; {behind.user}"
        " opens who they are. Nearby: others who used the same addresses. {behind.versus} puts"
        " another principal beside this."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('chain')", "Chain", show=False),
        Binding("2", "tab('touched')", "Touched", show=False),
        Binding("3", "tab('created')", "Created", show=False),
        Binding("4", "tab('nearby')", "Nearby", show=False),
        Binding("tab", "next_tab", "Next tab"),
        Binding("a", "activity", "Activity"),
        Binding("u", "user", "User"),
        Binding("r", "raw", "Record"),
        Binding("c", "versus", "Side by side"),
    ]

    def __init__(self, value: str, kind: str = ORIGIN) -> None:
        """`kind`: of the scope that `value` is, an access key or whoever acted."""
        super().__init__()
        self._value = value
        self._scope = Scope(KEY if kind == KEY else ORIGIN, value)
        self.segment = f"behind {display_name(value)}"

    def body(self) -> Iterable[Widget]:
        with TabbedContent(initial="chain", id="tabs"):
            with TabPane("Chain", id="chain"):
                yield _ActivityTable(
                    TREE,
                    searched=("principal", "access_key_id", "issued_by", "source_identity"),
                    row_style=lambda row: "" if row["events"] else "muted",
                    id="tree-table",
                )
            with TabPane("Touched", id="touched"):
                yield _ActivityTable(
                    TOUCHED,
                    searched=("event_source", "resource", "example", "through"),
                    row_style=_touched_style,
                    id="touched-table",
                )
            with TabPane("Created", id="created"):
                yield _RecordTable(
                    MADE,
                    searched=("kind", "name", "event_name", "origin"),
                    row_style=_created_style,
                    empty_message="nothing was created by it, and nothing was tried",
                    id="created-table",
                )
            with TabPane("Nearby", id="nearby"):
                yield _WhoTable(
                    NEAR,
                    searched=("source_ip_address", "identity_arn", "account_id"),
                    empty_message="nobody else acted from its addresses in this evidence",
                    id="near-table",
                )
        yield Facts(id="preview")

    def ready(self) -> None:
        asked: tuple[tuple[str, str, tuple[Order, ...]], ...] = (
            ("tree-table", "session_tree", (Order("path"),)),
            (
                "touched-table",
                "blast_radius",
                (Order("writes", True), Order("refused", True), Order("reads", True)),
            ),
            ("created-table", "created_by", (Order("event_time"),)),
            ("near-table", "same_address", (Order("events", True),)),
        )
        for table, name, order in asked:
            question = ask_for(name, value=self._value).with_order(*order)
            self.query_one(f"#{table}", QuestionTable).show(question)
        self.query_one("#tree-table", QuestionTable).focus()

    @on(TabbedContent.TabActivated)
    def _other_tab(self) -> None:
        row = self.row
        self.query_one("#preview", Facts).set(self.preview(row) if row is not None else [])
        self.refresh_bindings()

    @on(PagedTable.RowHighlighted)
    def _keys_of_row(self, message: PagedTable.RowHighlighted) -> None:
        self.refresh_bindings()

    def preview(self, row: Row) -> list[Fact]:
        if "path" in row.values:
            return session_facts(row)
        if "resource" in row.values:
            return _touched_facts(row)
        return _created_facts(row) if "created_key" in row.values else _near_facts(row)

    @on(PagedTable.RowSelected, "#tree-table")
    def _open_tree(self, message: PagedTable.RowSelected) -> None:
        self._open_session(message.row)

    def _open_session(self, row: Row) -> None:
        from tui.screens.activity import ActivityScreen

        key = row["access_key_id"]
        scope = Scope(KEY, str(key)) if key else Scope(PRINCIPAL, str(row["principal"]))
        self.open_screen(ActivityScreen(scope))

    @on(PagedTable.RowSelected, "#touched-table")
    def _open_resource(self, message: PagedTable.RowSelected) -> None:
        self._open_touched(message.row)

    def _open_touched(self, row: Row) -> None:
        """The very calls that a row counts."""
        from tui.screens.activity import ActivityScreen

        scope = self._scope if row["through"] == "itself" else Scope(CREATED, self._value)
        filters = Filters(service=row["event_source"], resource=row["resource"])
        self.open_screen(ActivityScreen(scope, filters=filters))

    @on(PagedTable.RowSelected, "#created-table")
    def _open_record(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.raw import RawScreen

        self.open_screen(RawScreen(message.row["event_key"]))

    @on(PagedTable.RowSelected, "#near-table")
    def _open_neighbour(self, message: PagedTable.RowSelected) -> None:
        self.action_user()

    def action_activity(self) -> None:
        """The events that the numbers of the row count."""
        from tui.screens.activity import ActivityScreen

        row = self.row
        if row is None:
            return
        if "path" in row.values:
            self._open_session(row)
        elif "resource" in row.values:
            self._open_touched(row)
        elif "created_key" in row.values and (scope := _used(row)) is not None:
            self.open_screen(ActivityScreen(scope, filters=Filters(since=row["event_time"])))
        elif "own_first" in row.values:
            filters = Filters(address=row["source_ip_address"])
            scope = Scope(IDENTITY, str(row["identity_arn"]))
            self.open_screen(ActivityScreen(scope, filters=filters))

    def action_user(self) -> None:
        from tui.screens.principal import PrincipalScreen

        if (who := self._who()) is not None:
            self.open_screen(PrincipalScreen(who))

    def _who(self) -> Scope | None:
        """Whom the row under the cursor is about: a session, what was created, a neighbour."""
        row = self.row
        if row is None:
            return None
        if row.get("created_key"):
            return Scope(KEY, str(row["created_key"]))
        for name in ("arn", "identity_arn", "principal"):
            if row.get(name):
                return Scope(ORIGIN if name != "principal" else PRINCIPAL, str(row[name]))
        return None

    def action_raw(self) -> None:
        from tui.screens.raw import RawScreen

        row = self.row
        key = (row.get("issued_by_event") or row.get("event_key")) if row is not None else None
        if key is not None:
            self.open_screen(RawScreen(key))

    def action_versus(self) -> None:
        from tui.screens.versus import VersusScreen

        row = self.row
        other = str(row["identity_arn"]) if row is not None and row.get("identity_arn") else None
        self.open_screen(VersusScreen(self._value, other))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self.row
        if action == "raw":
            return row is not None and bool(row.get("issued_by_event") or row.get("event_key"))
        if action == "user":
            return self._who() is not None
        if action == "activity":
            return row is not None and ("created_key" not in row.values or _used(row) is not None)
        return super().check_action(action, parameters)


def _used(row: Row) -> Scope | None:
    """What was done through something that was created; None where it is nobody that could act."""
    if row["outcome"] != "ok":
        return None
    if row["created_key"]:
        return Scope(KEY, str(row["created_key"]))
    return Scope(IDENTITY, str(row["arn"])) if row["arn"] else None


def _touched_style(row: Row) -> str:
    return "write" if row["writes"] else "failed" if row["refused"] else ""


def _created_style(row: Row) -> str:
    if row["outcome"] != "ok":
        return "failed"
    return "danger" if row["uses"] else "attention"


def session_facts(row: Row) -> list[Fact]:
    """A session of the tree in words."""
    if row["depth"] == 0:
        facts: list[Fact] = [("origin", str(row["principal"]))]
    else:
        facts = [
            ("session", str(row["principal"] or "unknown")),
            ("minted", f"{fmt_time(row['issued_at'], year=True)} by {row['issued_by']}"),
            ("key", str(row["access_key_id"])),
        ]
        if row["source_identity"]:
            facts.append(("source identity", str(row["source_identity"])))
    if row["events"]:
        seen = fmt_span(row["first_seen"], row["last_seen"])
        facts.append(("seen", f"{seen}, from {fmt_some(row['addresses'], 'address', 'addresses')}"))
        facts.append(
            (
                "did",
                f"{fmt_some(row['events'], 'event')}, {fmt_some(row['writes'], 'write')},"
                f" {fmt_count(row['failures'])} failed, {fmt_some(row['image_puts'], 'image')} put",
            )
        )
    else:
        facts.append(("did", "nothing in this evidence: minted, not seen used"))
    return facts


def _touched_facts(row: Row) -> list[Fact]:
    return [
        ("resource", str(row["resource"])),
        ("service", service_name(row["event_source"])),
        (
            "calls",
            f"{fmt_some(row['writes'], 'write')}, {fmt_count(row['reads'])} reads,"
            f" {fmt_count(row['refused'])} refused; {fmt_some(row['calls'], 'kind')}, such as"
            f" {row['example']}",
        ),
        ("seen", fmt_span(row["first_seen"], row["last_seen"])),
        ("through", str(row["through"])),
    ]


def _created_facts(row: Row) -> list[Fact]:
    facts: list[Fact] = [
        ("what", f"{_kind(row['kind'], row)}: {row['name'] or 'not named'}"),
        ("is", str(row["created_key"] or row["arn"] or "not recorded")),
        ("by", f"{display_name(row['origin'])}, {row['event_name']}"),
    ]
    if row["outcome"] != "ok":
        facts.append(("refused", str(row["error_code"])))
    elif row["uses"]:
        span = fmt_span(row["first_use"], row["last_use"])
        facts.append(
            (
                "since then",
                f"{fmt_some(row['uses'], 'event')}, {fmt_some(row['use_writes'], 'write')}, {span}",
            )
        )
    else:
        facts.append(("since then", "not used in this evidence"))
    return facts


def _near_facts(row: Row) -> list[Fact]:
    return [
        ("who else", str(row["identity_arn"])),
        ("at", with_place(row["source_ip_address"])),
        ("there", fmt_span(row["first_seen"], row["last_seen"])),
        ("itself", fmt_span(row["own_first"], row["own_last"])),
        ("did", f"{fmt_some(row['events'], 'event')}, {fmt_some(row['image_puts'], 'image')} put"),
    ]
