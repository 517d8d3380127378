"""One principal: who it is, its sessions, what it used, what it pushed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import TabbedContent, TabPane

from queries.index.pusher import is_address
from queries.naming import display_name, service_name
from queries.question import Order, Question, ask_for
from queries.scope import SESSION, Scope, about
from tui.cells import count_cell, name_cell, push_style, time_cell
from tui.enriched import with_name, with_place
from tui.jobs import ask_rows
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.push_story import chain_facts
from tui.screens.pushes import _REPOSITORY, PushTable, push_facts
from tui.screens.pushes import COLUMNS as PUSHES
from tui.text import fmt_count, fmt_some, fmt_span, fmt_time
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

SESSIONS = (
    Column("first_seen", "first seen", width=15, render=time_cell),
    Column("last_seen", "last seen", width=15, priority=3, render=time_cell),
    Column("principal", "session", min_width=22, weight=2, render=name_cell),
    Column("access_key_id", "access key", width=21, priority=1),
    Column("issued_by", "issued by", min_width=16, priority=4),
    Column("subject", "OIDC subject", min_width=18, priority=5),
    Column("events", "events", width=7, align="right", render=count_cell),
    Column("writes", "writes", width=6, align="right", priority=2, render=count_cell),
    Column("failures", "failed", width=6, align="right", priority=2, render=count_cell),
)
VALUES = (
    Column("kind", "kind", width=10),
    Column("value", "value", min_width=24, weight=3),
    Column("events", "events", width=8, align="right", render=count_cell),
    Column("failures", "failed", width=7, align="right", render=count_cell),
    Column("first_seen", "first seen", width=15, priority=3, render=time_cell),
    Column("last_seen", "last seen", width=15, priority=2, render=time_cell),
)


class SessionTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Its activity")]


class ValueTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Its events with it")]


class PrincipalScreen(CaseScreen):
    """Tabs: who, sessions, used, pushes. Counts are over the scope: an origin's includes every
    session that started from it."""

    explains = (
        "1-4 switch between who it is, sessions, what it used (addresses, clients, services,"
        " errors …) and what it pushed. {principal.activity} shows all its activity in time order."
    )
    needed = frozenset({"who"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('who')", "Who", show=False),
        Binding("2", "tab('sessions')", "Sessions", show=False),
        Binding("3", "tab('used')", "Used", show=False),
        Binding("4", "tab('pushed')", "Pushed", show=False),
        Binding("tab", "next_tab", "Next tab"),
        Binding("a", "activity", "Activity"),
        Binding("w", "behind", "Who was behind it"),
    ]

    def __init__(self, scope: Scope, push: Row | None = None) -> None:
        super().__init__()
        self._scope = scope
        self._from_push = push
        self.segment = display_name(scope.value)

    def body(self) -> Iterable[Widget]:
        with TabbedContent(initial="who", id="tabs"):
            with TabPane("Who", id="who"):
                yield Facts(id="facts")
            with TabPane("Sessions", id="sessions"):
                yield SessionTable(
                    SESSIONS,
                    searched=("principal", "access_key_id", "subject", "source_identity"),
                    id="session-table",
                )
            with TabPane("Used", id="used"):
                yield ValueTable(VALUES, searched=("kind", "value"), id="value-table")
            with TabPane("Pushed", id="pushed"):
                yield PushTable(
                    (*PUSHES[:3], _REPOSITORY, *PUSHES[3:]),
                    searched=("repository", "image_tags", "image_digest"),
                    row_style=push_style,
                    empty_message="nothing was pushed by it in this evidence",
                    id="push-table",
                )
        yield Facts(id="preview")

    def ready(self) -> None:
        who = identity_of(self._scope)
        self._table("session-table").show(who.with_order(Order("first_seen")))
        self._table("value-table").show(
            about("activity_values", self._scope).with_order(Order("kind"), Order("events", True))
        )
        pushed = pushes_of(self._scope)
        self._table("push-table").show(pushed.with_order(Order("event_time", True)))
        self.ask("who", self._profile, self._show)
        self.query_one("#facts", Facts).focus()

    @on(TabbedContent.TabActivated)
    def _other_tab(self) -> None:
        """Below a table stands its row in full; who it is needs the room for itself."""
        preview = self.query_one("#preview", Facts)
        preview.display = self.query_one("#tabs", TabbedContent).active != "who"
        preview.set(self.preview(self.row) if self.row is not None else [])

    def preview(self, row: Row) -> list[Fact]:
        if "kind" in row.values and "value" in row.values:
            return value_facts(row)
        return push_facts(row) if "push_key" in row.values else session_facts(row)

    def _table(self, name: str) -> QuestionTable:
        return self.query_one(f"#{name}", QuestionTable)

    def _profile(self, case: Any, cancel: Any) -> dict[str, list[dict[str, Any]]]:
        sessions = identity_of(self._scope)
        values = about("activity_values", self._scope).with_order(Order("events", True))
        pushes = pushes_of(self._scope)
        return {
            "sessions": ask_rows(sessions.with_order(Order("first_seen")))(case, cancel),
            "summary": self._rows(about("activity_summary", self._scope), case, cancel),
            "values": self._rows(values, case, cancel),
            "pushes": self._rows(pushes, case, cancel),
        }

    def _rows(self, question: Question, case: Any, cancel: Any) -> list[dict[str, Any]]:
        return ask_rows(self.narrowed(question))(case, cancel)

    def window_changed(self) -> None:
        super().window_changed()
        self.ask("who", self._profile, self._show)

    def follows_window(self) -> bool:
        """What it did follows, and so does what is told about it; who it is has no time."""
        return self.query_one("#tabs", TabbedContent).active == "who" or super().follows_window()

    def questions(self) -> list[Question]:
        return [about("activity_summary", self._scope), *super().questions()]

    def _show(self, profile: dict[str, list[dict[str, Any]]]) -> None:
        facts = who_facts(self._scope, self._from_push, profile, self.case.totals)
        if (window := self.app.window) is not None:  # type: ignore[attr-defined]
            said = f"{window.words}: what it did; chain and account are of all the evidence"
            facts.insert(0, ("narrowed", said))
        self.query_one("#facts", Facts).set(facts)

    @on(PagedTable.RowSelected, "#session-table")
    def _open_session(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.activity import ActivityScreen

        row = message.row
        # The key and who used it: a row stands for both.
        scope = Scope(SESSION, row["access_key_id"], str(row["principal"]))
        self.open_screen(ActivityScreen(scope, around=self._from_push))

    @on(PagedTable.RowSelected, "#value-table")
    def _open_value(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.activity import ActivityScreen
        from tui.screens.narrowing import filter_for

        filters = filter_for(str(message.row["kind"]), str(message.row["value"]))
        self.open_screen(ActivityScreen(self._scope, self._from_push, filters))

    @on(PagedTable.RowSelected, "#push-table")
    def _open_push(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.push import PushScreen

        self.open_screen(PushScreen(message.row["push_key"], str(message.row["image_tags"])))

    def copy_value(self) -> object:
        if self.table is not None and self.table.has_focus:
            return self.table.selected_cell
        return self._scope.value

    def action_behind(self) -> None:
        from tui.screens.behind import BehindScreen

        self.open_screen(BehindScreen(str(self._scope.value), self._scope.kind))

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        self.app.push_screen(ActivityScreen(self._scope, around=self._from_push))


def identity_of(scope: Scope) -> Question:
    """Who a scope is, session by session: of the very events that are counted for it."""
    return ask_for("identity", scope=scope.kind, value=scope.value)


def pushes_of(scope: Scope) -> Question:
    """What was pushed in a scope."""
    return ask_for("pushes", scope=scope.kind, principal=scope.value)


def who_facts(
    scope: Scope,
    push: Row | None,
    profile: dict[str, list[dict[str, Any]]],
    totals: dict[str, Any],
) -> list[Fact]:
    """Who someone is and what they did, in words."""
    sessions, summary = profile["sessions"], profile["summary"][0]
    if not sessions:
        return [("who", f"{scope.value} does not act in this evidence")]
    facts: list[Fact] = [("who", str(scope.value))]
    facts.append(("type", _listed(sessions, "identity_type")))
    facts.append(("account", _accounts(sessions)))
    seen = fmt_span(summary["first_seen"], summary["last_seen"])
    facts.append(("seen", f"{seen}, in this evidence"))
    facts.append(
        (
            "did",
            f"{fmt_some(summary['events'], 'event')}, {fmt_some(summary['writes'], 'write')},"
            f" {fmt_count(summary['denied'])} denied, {fmt_count(summary['failed'])} failed",
        )
    )
    mfa = sum(s["with_mfa"] for s in sessions), sum(s["without_mfa"] for s in sessions)
    if any(mfa):
        facts.append(("MFA", f"{fmt_some(mfa[0], 'event')} with, {fmt_count(mfa[1])} without"))
    if logins := summary["console_logins"]:
        mfa = summary["logins_with_mfa"], summary["logins_without_mfa"]
        said = f"{fmt_count(mfa[0])} with MFA, {fmt_count(mfa[1])} without"
        facts.append(("console logins", f"{fmt_count(logins)}: {said}"))
    for label, column in (
        ("source identity", "source_identity"),
        ("OIDC subject", "subject"),
        ("identity provider", "identity_provider"),
    ):
        if found := _listed(sessions, column):
            facts.append((label, found))
    facts += _chains(push, sessions, totals)
    for label, kind in (
        ("addresses", "address"),
        ("clients", "client"),
        ("regions", "region"),
        ("services", "service"),
        ("errors", "error"),
    ):
        facts.append((label, _top(profile["values"], kind) or "none"))
    if callers := _top(profile["values"], "probably for"):
        facts.append(("behind it", f"probably acted for {callers}"))
    facts.append(("pushed to", _pushed(profile["pushes"]) or "nothing in this evidence"))
    return facts


def session_facts(row: Row) -> list[Fact]:
    """A session in full: who acted, with which key, and how it came about."""
    facts: list[Fact] = [
        ("session", str(row["principal"])),
        ("access key", str(row["access_key_id"] or "none recorded")),
    ]
    if row["issued_by"]:
        facts.append(("issued", f"{fmt_time(row['issued_at'], year=True)} by {row['issued_by']}"))
    if row["subject"]:
        facts.append(("OIDC subject", str(row["subject"])))
    return [*facts, _seen(row), ("did", f"{_did(row)}, {fmt_some(row['writes'], 'write')}")]


def value_facts(row: Row) -> list[Fact]:
    """A value that somebody used, in full."""
    return [(str(row["kind"]), str(row["value"])), _seen(row), ("did", _did(row))]


def _seen(row: Row) -> Fact:
    return ("seen", fmt_span(row["first_seen"], row["last_seen"]))


def _did(row: Row) -> str:
    return f"{fmt_some(row['events'], 'event')}, {fmt_count(row['failures'])} failed or denied"


def _chains(push: Row | None, sessions: list[dict[str, Any]], totals: dict[str, Any]) -> list[Fact]:
    """The chain behind the push that led here; without one, of up to five sessions with chains."""
    if push is not None:
        own = [s for s in sessions if s["access_key_id"] == push["access_key_id"]]
        if own:
            return chain_facts(Row(0, own[0]), totals)
    longest = sorted((s for s in sessions if s["chain"]), key=lambda s: -len(s["chain"]))[:5]
    return [fact for session in longest for fact in chain_facts(Row(0, session), totals)]


def _listed(rows: list[dict[str, Any]], column: str) -> str:
    found = list(dict.fromkeys(str(row[column]) for row in rows if row[column]))
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return ", ".join(found[:5]) + more


def _accounts(sessions: list[dict[str, Any]]) -> str:
    return _listed([{"account_id": with_name(s["account_id"])} for s in sessions], "account_id")


def _top(values: list[dict[str, Any]], kind: str) -> str:
    """The most frequent values of a kind; addresses that are none come last, called by name."""
    found = [row for row in values if row["kind"] == kind]
    if kind == "address":
        found.sort(key=lambda row: not is_address(row["value"]))
    shown = [f"{_named(row['value'], kind)} ({fmt_count(row['events'])})" for row in found[:6]]
    more = f", {len(found) - 6} more" if len(found) > 6 else ""
    if kind == "client":  # they are long, and hold commas and spaces: a line for each
        return "\n".join([*shown, more.removeprefix(", ")]).rstrip()
    return ", ".join(shown) + more


def _named(value: str, kind: str) -> str:
    if kind == "service":
        return service_name(value)
    if kind == "probably for":
        return display_name(value)
    if kind in ("address", "client") and value in ("AWS Internal", "AWSInternal"):
        # The registry's proxy, the console, or another service that called on somebody's behalf.
        return f"not recorded: {value}"
    return with_place(value) if kind == "address" else value


def _pushed(pushes: list[dict[str, Any]]) -> str:
    counts: dict[str, list[int]] = {}
    for push in pushes:
        done = counts.setdefault(push["repository"], [0, 0])
        done[push["outcome"] != "ok"] += 1
    return ", ".join(
        f"{name} ({ok}{f' and {failed} failed' if failed else ''})"
        for name, (ok, failed) in sorted(counts.items())
    )
