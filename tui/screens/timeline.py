"""The timeline: what was found and marked on one axis, a lane for each principal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from queries.case import Case
from queries.errors import WrongUsage
from queries.naming import display_name
from queries.progress import CancelToken
from queries.question import ask_for
from queries.timeline import MARK, Moment, moments
from queries.times import moved
from tui import years
from tui.ask_text import AskText
from tui.cells import short_account
from tui.configuration.key_words import with_keys
from tui.dialogs import Choice, Picker
from tui.rules_job import RulesJob
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_offset, fmt_some, fmt_time, safe_content
from tui.widgets.facts import Facts
from tui.widgets.lane_chart import LaneChart
from tui.window import Window

_SHOWN = 12
"""Moments of one cell that are told below the chart."""


def lane_names(lanes: Iterable[str]) -> dict[str, str]:
    """Principals as people call them, with the account where several are called alike."""
    names = {lane: display_name(lane) for lane in lanes}
    count = Counter(names.values())
    for lane, name in names.items():
        parts = lane.split(":", 5)
        if count[name] > 1 and len(parts) == 6:
            names[lane] = f"{short_account(parts[4])} {name}"
    return names


class TimelineScreen(CaseScreen):
    """◆ critical ● high ○ medium · less ★ marked."""

    segment = "Timeline"
    explains = (
        "◆ critical, ● high, ○ medium, · less, ★ marked as evidence. ←→ and the lanes move the"
        " cursor, {next-event} and {previous-event} go to the next and previous moment,"
        " {zoom-in} and {zoom-out} zoom (the wheel, too), {pan-earlier} and {pan-later} pan"
        " (shift and the wheel). {from-here} and {until-here} or a drag with the mouse choose a"
        " window of time that narrows the lists of every screen; {clear-window} takes it away."
        " {timeline.zone} switches the time zone, {timeline.relative} counts from the push (or"
        " moment) under the cursor."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "zone", "Time zone"),
        Binding("t", "relative", "Count from here"),
        Binding("a", "activity", "Activity"),
        Binding("backslash", "clear_window", "All", show=False),
    ]

    def __init__(self, rules: RulesJob) -> None:
        super().__init__()
        self._rules = rules
        self._zone: tzinfo = UTC
        self._from: Moment | None = None
        self._names: dict[str, str] = {}
        """What stands in front of each lane."""

    def body(self) -> Iterable[Widget]:
        yield Static(id="scope")
        yield LaneChart(id="chart")
        yield Facts(id="preview")

    def ready(self) -> None:
        chart = self.query_one(LaneChart)
        chart.label, chart.name_of = self._label, lambda lane: self._names.get(lane, lane)
        chart.focus()
        self._rules.start(self.case)
        self.asked()

    def asked(self) -> None:
        """The rules are through, or marks have changed."""
        found = self._rules.found
        marks = self.case.marks
        places = marks.places

        def work(case: Case, cancel: CancelToken) -> list[Moment]:
            question = ask_for("found/listing")
            rows = found.case.ask(question.sql, question.bound, cancel).dicts() if found else []
            return moments(rows, [(mark, places.get(mark.key)) for mark in marks.all])

        self.ask("moments", work, self._show)

    def marks_changed(self) -> None:
        super().marks_changed()
        self.asked()

    def follows_window(self) -> bool:
        """The window is drawn here; what lies outside of it is shown, too."""
        return True

    def window_changed(self) -> None:
        window: Window | None = self.app.window  # type: ignore[attr-defined]
        brush = (window.since, window.until) if window is not None else None
        self.query_one(LaneChart).set_brush(brush)
        self._say()

    def _show(self, found: list[Moment]) -> None:
        self._names = lane_names({moment.lane for moment in found})
        self.query_one(LaneChart).show(found, self._evidence_window())
        self.window_changed()
        self._tell()
        self.refresh_bindings()

    def _evidence_window(self) -> tuple[datetime, datetime] | None:
        window = self.case.totals["window"]
        if not window["first"]:
            return None
        first, last = (datetime.fromisoformat(window[end]) for end in ("first", "last"))
        return first.replace(tzinfo=None), moved(last.replace(tzinfo=None), timedelta(seconds=1))

    def questions(self) -> list[Any]:
        return []

    @property
    def row(self) -> None:
        return None

    def to_mark(self) -> int | None:
        return next((m.event_key for m in self._under if m.event_key is not None), None)

    # ---- what is said ----------------------------------------------------------------------

    @property
    def _under(self) -> list[Moment]:
        return self.query_one(LaneChart).under if self.is_mounted else []

    def _label(self, when: datetime, step: timedelta) -> str:
        """A tick: relative, or in the time zone that was chosen."""
        if self._from is not None:
            return fmt_offset(when - self._from.when)
        local = self._local(when, year=True)
        if years.shown() and step >= timedelta(days=10):
            return local[:10]
        return local[5 : 19 if step < timedelta(minutes=2) else 16]

    def _local(self, when: datetime, *, year: bool | None = None) -> str:
        try:
            there = when.replace(tzinfo=UTC).astimezone(self._zone)
        except OverflowError:  # on the first or last day that there is
            there = when
        return fmt_time(there.replace(tzinfo=None), year=year)

    def _say(self) -> None:
        chart = self.query_one(LaneChart)
        start, end = chart.view
        said = [
            Content.styled(fmt_some(len(chart.moments), "moment"), "bold"),
            Content(f" · {fmt_time(start)} – {fmt_time(end)} UTC"),
        ]
        if self._zone is not UTC:
            local = f"{self._local(start)} – {self._local(end)} {zone_name(self._zone)}"
            said.append(safe_content(f" · {local}", 60, "$text-primary"))
        if self._from is not None:
            said.append(safe_content(f" · +0 = {self._from.words}", 60, "$text-primary"))
        if self._rules.running:
            said.append(Content.styled(" · the rules are looking …", "$foreground-muted"))
        self.query_one("#scope", Static).update(Content.assemble(*said))

    def _tell(self) -> None:
        under, chart = self._under, self.query_one(LaneChart)
        if not chart.moments:
            said = with_keys("nothing was found or marked · {mark} marks an event on any list")
            self.query_one(Facts).set([("", "" if self._rules.running else said)])
            return
        facts: list[Fact] = []
        for moment in under[:_SHOWN]:
            sign = "★ marked" if moment.kind == MARK else moment.severity
            facts.append((sign, f"{self._times(moment.when)} · {moment.words}"))
        if len(under) > _SHOWN:
            facts.append(("", f"and {len(under) - _SHOWN} more: zoom in with +"))
        if under:
            facts.append(("who", under[0].lane))
        else:
            facts.append(("cursor", self._times(chart.when)))
        self.query_one(Facts).set(facts)

    def _times(self, when: datetime) -> str:
        said = f"{fmt_time(when, year=True)} UTC"
        if self._zone is not UTC:
            said += f" = {self._local(when)} {zone_name(self._zone)}"
        if self._from is not None:
            said += f" ({fmt_offset(when - self._from.when)})"
        return said

    @on(LaneChart.Moved)
    def _moved(self) -> None:
        self._say()
        self._tell()
        self.refresh_bindings()

    # ---- keys ------------------------------------------------------------------------------

    @on(LaneChart.Brushed)
    def _brushed(self, message: LaneChart.Brushed) -> None:
        app: Any = self.app
        app.set_window(Window(message.start, message.end))

    @on(LaneChart.Opened)
    def _open(self) -> None:
        under = [moment for moment in self._under if moment.event_key is not None]
        if len(under) == 1:
            self._open_moment(under[0])
        elif under:
            choices = [
                Choice(str(i), f"{fmt_time(m.when)} {m.words}", note=m.severity or "marked")
                for i, m in enumerate(under)
            ]

            def chosen(key: str | None) -> None:
                if key is not None:
                    self._open_moment(under[int(key)])

            self.app.push_screen(Picker("Open", choices), chosen)

    def _open_moment(self, moment: Moment) -> None:
        from tui.screens.push import PushScreen
        from tui.screens.raw import RawScreen

        if moment.push_key is not None:
            self.open_screen(PushScreen(moment.push_key, ""))
        elif moment.event_key is not None:
            self.open_screen(RawScreen(moment.event_key))

    def action_activity(self) -> None:
        from queries.scope import ORIGIN, Scope
        from tui.screens.activity import ActivityScreen

        if self._under:
            self.open_screen(ActivityScreen(Scope(ORIGIN, self._under[0].lane)))

    def action_relative(self) -> None:
        """Count from a push under the cursor, or else from what is there; again, no more."""
        if self._from is not None:
            self._from = None
        elif under := self._under:
            self._from = next((m for m in under if m.push_key is not None), under[0])
        self._redraw()

    def action_zone(self) -> None:
        def named(text: str | None) -> None:
            try:
                self._zone = zone_of(text or "UTC")
            except WrongUsage as error:
                self.notify(str(error), severity="error", markup=False)
            self._redraw()

        hint = "Europe/Berlin, +05:30, local; nothing is UTC"
        self.app.push_screen(AskText("Time zone (UTC is always shown, too)", hint=hint), named)

    def _redraw(self) -> None:
        self.query_one(LaneChart).refresh()
        self._say()
        self._tell()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("activity", "relative"):
            return bool(self._under) or (action == "relative" and self._from is not None)
        if action in ("filter", "sort", "pivot", "show_sql", "copy_row", "copy_cell"):
            return False
        return super().check_action(action, parameters)


def zone_of(text: str) -> tzinfo:
    """`UTC`, `local`, a name of the tz database, or an offset such as +05:30. Raises
    `WrongUsage`."""
    wanted = text.strip()
    if wanted.upper() in ("", "UTC", "Z"):
        return UTC
    if wanted.lower() == "local":
        return datetime.now().astimezone().tzinfo or UTC
    try:
        if wanted[0] in "+-":
            offset = datetime.fromisoformat(f"2000-01-01T00:00:00{wanted}").utcoffset()
            return timezone(offset or timedelta())
        return ZoneInfo(wanted)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise WrongUsage(
            f"{wanted}: not a time zone; write Europe/Berlin, +05:30, local or UTC"
        ) from None


def zone_name(zone: tzinfo) -> str:
    return str(zone)
