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
from queries.progress import CancelToken
from queries.question import Order, Question
from queries.scope import ALL, Filters, Scope, about, locate
from queries.times import moved
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
from tui.jobs import ask_rows
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.histogram import Slices, histogram
from tui.screens.inferred import probably_for
from tui.screens.narrowing import (
    KINDS_SHOWN,
    Narrowing,
    narrowed_in_words,
    scope_in_words,
)
from tui.screens.who import open_pusher, scopes_of
from tui.text import fmt_offset
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row
from tui.widgets.time_strip import Mark, TimeStrip


class EventTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]


class ActivityScreen(Narrowing):
    """`around` is the push (or event) that led here: times are shown relative to it."""

    explains = (
        "✗ denied or failed, W a call that changes something. {activity.scope} switches whose"
        " events these are; {activity.pick-filter} filters by service, name, error, region,"
        " account, address, client, key or principal; {from-here} and {until-here} narrow the time"
        " to the row under the cursor, {activity.clear-filters} opens it again."
    )
    of_row = frozenset({"user", "narrow"})
    needed = frozenset({"places"})
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
        self._all: int | None = None
        """How many events there are with the calls for layers, once it is known."""
        self.segment = "All events" if scope.kind == ALL else f"activity: {scope_in_words(scope)}"

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
        self._ask_folded()

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
        if not self._scope.located:
            self._say_scope()
            return  # `_located` shows it, with what was chosen until then
        table = self.query_one(EventTable)
        needle = table.question.needle if table.question else ""
        table.show(self._question().with_needle(needle, table.searched), keep=True)
        self._all = None
        self._say_scope()
        self._ask_strip()
        self._ask_folded()
        if jump:
            self.action_to_push()

    def _say_scope(self) -> None:
        said = narrowed_in_words(self._scope, self._filters, self._all)
        self.query_one("#scope", Static).update(said)

    def _ask_folded(self) -> None:
        """Count the calls for layers, too, as a number did that led here."""
        if self._filters.fold_layers and self._scope.located:
            unfolded = self._filters.changed(fold_layers=False)
            every = self.narrowed(about("activity_count", self._scope, unfolded))
            self.ask("all", ask_rows(every), self._say_all, lambda message: None)

    def _say_all(self, counted: list[dict[str, Any]]) -> None:
        self._all = counted[0]["events"]
        self._say_scope()

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
            self.ask("strip", partial(histogram, self._scope, unbounded, count), self._show_strip)

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
            self._change(**{end: when if end == "since" else moved(when, timedelta(seconds=1))})

    # ---- scope and filters -----------------------------------------------------------------

    def _change(self, **changes: Any) -> None:
        """Filter otherwise, and stay at the same moment."""
        here = self.query_one(EventTable).selected_row
        self._filters = self._filters.changed(**changes)
        self._show()
        if here is not None:
            self._go_to(here)
        self.refresh_bindings()

    def action_scope(self) -> None:
        """Whose events: of the push that led here, or else of the row under the cursor."""
        row = self._around if self._around is not None else self.row
        found = scopes_of(row) if row is not None else []
        if all(scope != self._scope for scope, _ in found):
            found.insert(0, (self._scope, "as now"))
        found.append((Scope(ALL), "every event in the evidence"))
        choices = [
            Choice(str(i), f"{KINDS_SHOWN[scope.kind]} {scope_in_words(scope)}".strip(), note=words)
            for i, (scope, words) in enumerate(found)
        ]

        def choose(key: str | None) -> None:
            if key is not None:
                self._scope = found[int(key)][0]
                self.segment = f"activity: {scope_in_words(self._scope)}"
                self._set_crumbs()
                self._begin()

        self.app.push_screen(Picker("Whose events?", choices), choose)

    # ---- going on --------------------------------------------------------------------------

    def action_to_push(self) -> None:
        """Put the cursor on the push (or event) that led here."""
        if self._around is not None:
            self._go_to(self._around)

    def _go_to(self, row: Row) -> None:
        """Put the cursor on an event, or, where the filters hide it, on the next one."""
        if row["event_time"] is None or not self._scope.located:
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
