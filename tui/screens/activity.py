"""Related activity: the events of a session, key, principal, origin, address or value, in time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from queries.case import Case
from queries.naming import display_name, service_name
from queries.progress import CancelToken
from queries.question import Order, Question
from queries.scope import ACTS, ALL, Filters, Scope, about, locate
from queries.slices import slices
from tui.cells import (
    event_mark,
    event_style,
    name_cell,
    result_cell,
    service_cell,
    time_cell,
)
from tui.configuration.key_words import with_keys
from tui.dialogs import Choice, Picker
from tui.enriched import with_place
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.inferred import probably_for
from tui.screens.who import open_pusher, scopes_of
from tui.text import fmt_offset, fmt_time, safe_content
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row
from tui.widgets.time_strip import Mark, TimeStrip

FILTER_KINDS = {
    "service": "service",
    "name": "event name",
    "error": "error",
    "region": "region",
    "account": "account",
}
_KINDS_SHOWN = {
    "session": "session",
    "key": "access key",
    "principal": "principal",
    "origin": "origin",
    "address": "address",
    "addresses": "addresses of",
    "repository": "repository",
    "value": "value",
    "all": "everything",
}


class EventTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]


class ActivityScreen(CaseScreen):
    """`around` is the push (or event) that led here: times are shown relative to it."""

    explains = (
        "✗ denied or failed, W a call that changes something. {activity.scope} switches whose"
        " events these are; {activity.pick-filter} filters by service, name, error, region or"
        " account; {from-here} and {until-here} narrow the time to the row under the cursor,"
        " {activity.clear-filters} opens it again."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "scope", "Scope"),
        Binding("F", "pick_filter", "By …"),
        Binding("w", "only('writes')", "Writes"),
        Binding("f", "only('failures')", "Failed"),
        Binding("t", "to_push", "Push"),
        Binding("L", "layers", "Layer calls", show=False),
        Binding("left_square_bracket", "narrow('since')", "From here", show=False, id="from-here"),
        Binding(
            "right_square_bracket", "narrow('until')", "Until here", show=False, id="until-here"
        ),
        Binding("backslash", "clear_filters", "All"),
        Binding("u", "user", "User", show=False),
    ]

    def __init__(
        self, scope: Scope, around: Row | None = None, filters: Filters | None = None
    ) -> None:
        super().__init__()
        self._scope = scope
        self._around = around
        self._filters = filters or Filters(fold_layers=True)
        self.segment = "All events" if scope.kind == ALL else f"activity: {_said(scope)}"

    def again(self) -> CaseScreen:
        return type(self)(self._scope, self._around, self._filters)

    def columns(self) -> list[Column]:
        relative = [
            Column("offset", "+0 = push", width=13, align="right", render=self._offset, sorts=False)
        ]
        return [
            Column("mark", "", width=1, render=event_mark),
            Column("event_time", "when (UTC)", width=15, render=time_cell),
            *(relative if self._around is not None else []),
            Column("event_source", "service", width=12, priority=2, render=service_cell),
            Column("plain_name", "event", min_width=18, weight=3),
            Column("target", "on", min_width=14, weight=3, priority=1),
            Column("outcome", "result", width=12, render=result_cell),
            Column("principal", "who", min_width=14, weight=2, priority=3, render=name_cell),
            Column("source_ip_address", "from", min_width=13, weight=1, priority=4),
            Column("place", "where", min_width=14, weight=2, priority=5),
            Column("aws_region", "region", width=13, priority=5),
            Column("user_agent", "client", min_width=12, weight=1, priority=6),
        ]

    def body(self) -> Iterable[Widget]:
        with Vertical(id="above"):
            yield Static(id="scope")
            yield TimeStrip(id="strip")
        yield EventTable(
            self.columns(),
            searched=(
                "event_name",
                "event_source",
                "target",
                "error_code",
                "outcome",
                "error_message",
                "principal",
                "source_ip_address",
                "user_agent",
            ),
            row_style=event_style,
            empty_message=with_keys(
                "no event matches · {activity.clear-filters} takes the filters away,"
                " {activity.scope} widens the scope"
            ),
            id="events",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        self.query_one(EventTable).focus()
        self._begin()

    def window_changed(self) -> None:
        super().window_changed()
        self._ask_strip()

    def renew(self) -> None:
        super().renew()
        self.stop("rank")  # the cursor stays where it is, and does not go back to the push

    def _begin(self) -> None:
        """Show a scope from its push (if there is one) on, once it is known where to look."""
        if self._scope.located:
            self._show(jump=self._around is not None and self.recalled is None)
        else:
            scope = self._scope
            self._say_scope()
            self.query_one(EventTable).set_reading(True)
            self.ask("places", lambda case, cancel: locate(scope, case, cancel), self._located)

    def _located(self, scope: Scope) -> None:
        self._scope = scope
        if not (scope.places or "").strip():
            self.search_text = scope.value or ""
            self.query_one(EventTable).empty_message = with_keys(
                "no field of an event is this · {go-search} looks for it in the raw records"
            )
        self._begin()

    # ---- what is shown ---------------------------------------------------------------------

    def _question(self) -> Question:
        return about("activity", self._scope, self._filters).with_order(Order("event_time"))

    def _show(self, *, jump: bool = False) -> None:
        table = self.query_one(EventTable)
        needle = table.question.needle if table.question else ""
        table.show(self._question().with_needle(needle, table.searched), keep=True)
        self._say_scope()
        self._ask_strip()
        if jump:
            self.action_to_push()

    def _say_scope(self) -> None:
        filters = self._filters
        said = [Content.styled(_KINDS_SHOWN[self._scope.kind], "bold")]
        if self._scope.value:
            said.append(safe_content(f" {_said(self._scope)}", 80))
        for name in ("service", "name", "error", "region", "account"):
            if value := getattr(filters, name):
                shown = service_name(value) if name == "service" else value
                said.append(safe_content(f" · {FILTER_KINDS[name]} {shown}", 60, "$text-primary"))
        if filters.act:
            said.append(Content.styled(f" · {ACTS[filters.act]}", "$text-primary"))
        for name, words in (("writes", "writes only"), ("failures", "failures only")):
            if getattr(filters, name):
                said.append(Content.styled(f" · {words}", "$text-primary"))
        if filters.since:
            said.append(Content.styled(f" · from {fmt_time(filters.since)}", "$text-primary"))
        if filters.until:
            said.append(Content.styled(f" · until {fmt_time(filters.until)}", "$text-primary"))
        if filters.fold_layers:
            said.append(Content.styled(" · layer calls folded (L)", "$foreground-muted"))
        self.query_one("#scope", Static).update(Content.assemble(*said))

    def _offset(self, value: Any, row: Row) -> Content | str:
        when = row.get("event_time")
        if self._around is None or not isinstance(when, datetime):
            return "–"
        return fmt_offset(when - self._around["event_time"])

    def preview(self, row: Row) -> list[Fact]:
        facts: list[Fact] = [
            ("event", f"{row['event_name']} · {row['event_source']} · {row['aws_region']}"),
            ("on", str(row["target"] or "–")),
            ("who", f"{row['principal']}  {row['access_key_id'] or ''}".rstrip()),
            ("from", f"{with_place(row['source_ip_address'])} · {row['user_agent'] or '–'}"),
        ]
        if service := probably_for(row):
            facts.insert(1, ("behind it", service))  # seen without scrolling
        if row["error_code"]:
            facts.insert(1, ("error", f"{row['error_code']} · {row['error_message'] or ''}"))
        return facts

    # ---- time ------------------------------------------------------------------------------

    @on(TimeStrip.BucketsWanted)
    def _buckets(self, message: TimeStrip.BucketsWanted) -> None:
        message.stop()
        self._ask_strip()

    def _ask_strip(self) -> None:
        strip = self.query_one(TimeStrip)
        count = strip.bucket_count
        if count > 0 and self._scope.located:
            unbounded = self._filters.changed(since=None, until=None)
            self.ask("strip", partial(_slices, self._scope, unbounded, count), self._show_strip)

    def _show_strip(self, slices: Slices | None) -> None:
        strip = self.query_one(TimeStrip)
        if slices is None:
            strip.clear_data()
            return
        start, end, total, failed, untimed = slices
        marks = []
        if self._around is not None and self._around["event_time"] is not None:
            marks.append(Mark(self._around["event_time"]))
        strip.set_data(start, end, total, failed, marks, untimed)
        since, until = self._filters.since, self._filters.until
        if (window := self.app.window) is not None:  # type: ignore[attr-defined]
            since = max(since, window.since) if since else window.since
            until = min(until, window.until) if until else window.until
        strip.set_range((since or start, until or end) if since or until else None)

    @on(TimeStrip.RangeSelected)
    def _brushed(self, message: TimeStrip.RangeSelected) -> None:
        message.stop()
        self._change(
            since=message.start.replace(tzinfo=None), until=message.end.replace(tzinfo=None)
        )

    @on(TimeStrip.RangeCleared)
    def _unbrushed(self, message: TimeStrip.RangeCleared) -> None:
        message.stop()
        self._change(since=None, until=None)

    def action_narrow(self, end: str) -> None:
        when = self.row["event_time"] if self.row is not None else None
        if when is not None:
            # `until` is exclusive, and the row under the cursor stays.
            self._change(**{end: when if end == "since" else when + timedelta(seconds=1)})

    # ---- scope and filters -----------------------------------------------------------------

    def _change(self, **changes: Any) -> None:
        """Filter otherwise, and stay at the same moment."""
        here = self.query_one(EventTable).selected_row
        self._filters = self._filters.changed(**changes)
        self._show()
        if here is not None:
            self._go_to(here)
        self.refresh_bindings()

    def action_only(self, name: str) -> None:
        self._change(**{name: not getattr(self._filters, name)})

    def action_layers(self) -> None:
        self._change(fold_layers=not self._filters.fold_layers)

    def action_clear_filters(self) -> None:
        nothing = dict.fromkeys(("since", "until", "act", *FILTER_KINDS))
        self._change(**nothing, writes=False, failures=False)

    def action_scope(self) -> None:
        """Whose events: of the push that led here, or else of the row under the cursor."""
        row = self._around if self._around is not None else self.row
        found = scopes_of(row) if row is not None else []
        if all(scope != self._scope for scope, _ in found):
            found.insert(0, (self._scope, "as now"))
        found.append((Scope(ALL), "every event in the evidence"))
        choices = [
            Choice(str(i), f"{_KINDS_SHOWN[scope.kind]} {_said(scope)}".strip(), note=words)
            for i, (scope, words) in enumerate(found)
        ]

        def choose(key: str | None) -> None:
            if key is not None:
                self._scope = found[int(key)][0]
                self.segment = f"activity: {_said(self._scope)}"
                self._set_crumbs()
                self._begin()

        self.app.push_screen(Picker("Whose events?", choices), choose)

    def action_pick_filter(self) -> None:
        choices = [
            Choice(name, words, note=f"now: {now}" if (now := getattr(self._filters, name)) else "")
            for name, words in FILTER_KINDS.items()
        ]
        act = ACTS[self._filters.act] if self._filters.act else ""
        choices.append(Choice("act", "group of calls", note=f"now: {act}" if act else ""))
        self.app.push_screen(Picker("Filter by", choices), self._pick_value)

    def _pick_value(self, name: str | None) -> None:
        if name is None:
            return
        if name == "act":
            self._pick_act()
            return
        others = self._filters.changed(**{name: None})
        values = self.narrowed(about("activity_values", self._scope, others, kind=name))
        self.ask(
            "values",
            partial(_values, values),
            partial(self._offer_values, name),
            opens=True,
        )

    def _pick_act(self) -> None:
        choices = [Choice("", "any", note="no filter")]
        choices += [Choice(act, words) for act, words in ACTS.items()]

        def choose(act: str | None) -> None:
            if act is not None:
                self._change(act=act or None)

        self.app.push_screen(Picker("Only these calls", choices), choose)

    def _offer_values(self, name: str, values: list[tuple[str, int]]) -> None:
        choices = [Choice("", "any", note="no filter")]
        choices += [Choice(value, value, count) for value, count in values]

        def choose(value: str | None) -> None:
            if value is not None:
                self._change(**{name: value or None})

        self.app.push_screen(Picker(f"Only this {FILTER_KINDS[name]}", choices), choose)

    # ---- going on --------------------------------------------------------------------------

    def action_to_push(self) -> None:
        """Put the cursor on the push (or event) that led here."""
        if self._around is not None:
            self._go_to(self._around)

    def _go_to(self, row: Row) -> None:
        """Put the cursor on an event, or, where the filters hide it, on the next one."""
        if row["event_time"] is None:
            return
        question = self.narrowed(self._question())
        key = row.get("event_key", row.get("push_key"))
        values = {"rank_value": row["event_time"], "rank_key": key}

        def rank(case: Case, cancel: CancelToken) -> int:
            answer = case.ask(question.rank_sql("event_time"), {**question.bound, **values}, cancel)
            return int(answer.rows[0][0])

        self.ask("rank", rank, lambda at: self._jump(key, at))

    def _jump(self, key: Any, at: int) -> None:
        table = self.query_one(EventTable)
        if not table.total_exact and at >= table.row_count:
            table.set_total(at + 1, exact=False)
        table.move_to_row_key((key,), hint=at)

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.raw import RawScreen

        self.open_screen(RawScreen(message.row["event_key"]))

    def action_user(self) -> None:
        if self.row is not None:
            open_pusher(self.app, self.row)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "to_push":
            return self._around is not None
        if action == "clear_filters":
            return bool(self._filters.active)
        return super().check_action(action, parameters)


def _said(scope: Scope) -> str:
    if scope.kind in ("principal", "origin", "session"):
        return display_name(scope.principal if scope.kind == "session" else scope.value)
    return scope.said or scope.value or ""


def _values(question: Question, case: Case, cancel: CancelToken) -> list[tuple[str, int]]:
    answer = case.ask(question.with_order(Order("events", True)).sql, question.bound, cancel)
    return [(row[1], row[2]) for row in answer.rows]


Slices = tuple[datetime, datetime, list[int], list[int], int]
"""From, to, events and failures in each slice, and how many events have no time."""


def _slices(
    scope: Scope, filters: Filters, count: int, case: Case, cancel: CancelToken
) -> Slices | None:
    """The histogram of a scope: its own first to last event in `count` slices, or fewer."""
    summary = about("activity_summary", scope, filters)
    found = case.ask(summary.sql, summary.bound, cancel).dicts()[0]
    first, last = found["first_second"], found["last_second"]
    if first is None:
        return None
    cut = slices(first, last, count)
    question = about("activity_by_slice", scope, filters, start=cut.start, width=cut.width)
    total, failed = [0] * cut.number, [0] * cut.number
    for slice_, events, failures in case.ask(question.sql, question.bound, cancel).rows:
        if 0 <= slice_ < cut.number:
            total[slice_] += events
            failed[slice_] += failures
    epoch = datetime(1970, 1, 1)  # naive UTC, as everywhere in the index
    start, end = (epoch + timedelta(seconds=seconds) for seconds in (cut.start, cut.end))
    return start, end, total, failed, max(0, found["events"] - sum(total))
