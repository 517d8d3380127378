"""What of a bucket is loaded: accounts and regions to tick, days to narrow, and the sum of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from queries.sources.buckets.choice import NO_ACCOUNT, Choice, Offer, Stream, real_day
from tui.clicks import Clicks
from tui.configuration.key_words import with_keys
from tui.configuration.naming import NamedKeys
from tui.dialogs import Help
from tui.text import fmt_bytes, fmt_count, fmt_some, pad_content, safe_content
from tui.widgets.key_bar import KeyBar
from tui.widgets.time_strip import TimeStrip

_KEYS = (
    ("↑ ↓", "move"),
    ("{tick}", "tick or untick; an account with all its regions"),
    ("{selection.only}", "only this one"),
    ("{selection.all}", "tick all that are shown"),
    ("{selection.none}", "tick none of them"),
    ("{selection.filter}", "show only names with this text"),
    ("{selection.other-part}", "to the days and back"),
    ("← →", "on the days: earlier, later"),
    ("{from-here} {until-here}", "on the days: from here, until here (or drag with the mouse)"),
    ("{selection.all-days}", "all days"),
    ("{selection.days}", "type the days: 2026-03-01 2026-03-04"),
    ("enter", "load what is ticked"),
    ("esc", "quit, nothing is fetched"),
)


class TickList(NamedKeys, OptionList):
    """Space and the mouse tick; Enter is the screen's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.load", "Load"),
        Binding("space", "select", "Tick", id="tick"),
        Binding("j", "cursor_down", show=False, id="down"),
        Binding("k", "cursor_up", show=False, id="up"),
    ]


class SelectionScreen(NamedKeys, Clicks, Screen[None]):
    """`done` is called with the choice, or with None when nothing is to be loaded."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "load", "Load", show=False),
        Binding("escape", "leave", "Quit"),
        Binding("o", "only", "Only this"),
        Binding("a", "tick_all(True)", "All"),
        Binding("n", "tick_all(False)", "None"),
        Binding("d", "days", "Days"),
        Binding("slash", "filter", "Filter"),
        Binding("tab", "other_part", "Days strip", show=False),
        Binding("backslash", "all_days", "All days", show=False),
        Binding("question_mark", "help", "Keys"),
        Binding("q", "leave", "Quit", show=False),
    ]

    def __init__(self, offer: Offer, name: str, done: Callable[[Choice | None], None]) -> None:
        super().__init__()
        self._offer = offer
        self._evidence = name
        self._done = done
        self._ticked = set(offer.streams)
        self._several_buckets = len({stream.bucket for stream in offer.streams}) > 1
        self._first, self._last = offer.first, offer.last
        self._needle = ""
        self._typing = ""
        """What the line for typing is open for: `filter` or `days`."""
        self._rows: list[tuple[Stream, ...]] = []
        """What each line of the list stands for: one stream, or all those of an account."""
        self._below: set[Stream] = set()
        """Streams that stand below a line for their account."""

    def compose(self) -> ComposeResult:
        yield Static(safe_content(f"What to load from {self._evidence}", 200, "bold"), id="title")
        yield Static(id="warnings")
        yield TimeStrip(noun="object", id="days")
        yield TickList(id="ticks")
        yield Static(id="sum")
        yield Input(id="entry")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#entry", Input).display = False
        warnings = self.query_one("#warnings", Static)
        warnings.display = bool(self._offer.warnings)
        if self._offer.warnings:
            more = len(self._offer.warnings) - 1
            tail = f" (and {more} more: the evidence screen names them)" if more else ""
            said = safe_content(f"⚠ {self._offer.warnings[0]}", 300, "$text-warning")
            warnings.update(said + Content.styled(tail, "$text-warning"))
        strip = self.query_one(TimeStrip)
        strip.display = self._offer.first != self._offer.last
        self._fill()
        self.query_one(TickList).focus()

    # ---- what is shown ---------------------------------------------------------------------

    def _fill(self) -> None:
        """The lines that the filter leaves, with the cursor where it was."""
        ticks = self.query_one(TickList)
        at = ticks.highlighted
        before = self._rows[at] if at is not None and at < len(self._rows) else None
        self._rows = _rows(self._offer.streams, self._needle)
        self._below = {stream for row in self._rows if len(row) > 1 for stream in row}
        ticks.clear_options()
        ticks.add_options([Option(self._line(row)) for row in self._rows])
        if self._rows:
            ticks.highlighted = self._rows.index(before) if before in self._rows else 0
        self._refresh_sum()

    def _refresh(self) -> None:
        ticks = self.query_one(TickList)
        for index, row in enumerate(self._rows):
            ticks.replace_option_prompt_at_index(index, self._line(row))
        self._refresh_sum()

    def _refresh_sum(self) -> None:
        amount = self._offer.amount(self._ticked, self._first, self._last)
        whole = self._offer.amount(self._offer.streams)
        said = (
            f"selected: {fmt_count(amount.objects)} of {fmt_some(whole.objects, 'object')},"
            f" {fmt_bytes(amount.bytes)} of {fmt_bytes(whole.bytes)}"
        )
        if self._first != self._offer.first or self._last != self._offer.last:
            said += f" · {self._first} to {self._last}"
        self.query_one("#sum", Static).update(Content.styled(said, "bold"))
        strip = self.query_one(TimeStrip)
        if strip.display:
            counts = self._offer.by_day(self._ticked)
            strip.set_data(_start(self._offer.first), _end(self._offer.last), counts)
            narrowed = (self._first, self._last) != (self._offer.first, self._offer.last)
            strip.set_range((_start(self._first), _end(self._last)) if narrowed else None)

    def _line(self, row: tuple[Stream, ...]) -> Content:
        """`[x] 111122223333  eu-west-1   1,204 objects   12 MB   2026-03-01 – 2026-03-31`."""
        ticked = sum(stream in self._ticked for stream in row)
        mark = "[x]" if ticked == len(row) else "[-]" if ticked else "[ ]"
        amount = self._offer.amount(row, self._first, self._last)
        first, last = self._offer.span(row, self._first, self._last)
        if self._offer.first[:4] == self._offer.last[:4]:
            first, last = first[5:], last[5:]  # the year is the same everywhere
        days = first if first == last else f"{first} – {last}"
        numbers = f"{fmt_count(amount.objects):>11}  {fmt_bytes(amount.bytes):>7}  {days:<23}"
        style = "" if ticked and amount.objects else "$foreground-muted"
        room = max(20, min(60, self.size.width - len(numbers) + 23 - len(days) - 8))
        return Content.assemble(
            Content.styled(f"{mark} ", "bold" if ticked else "$foreground-muted"),
            pad_content(safe_content(self._label(row), room, style), room),
            Content.styled(numbers, style),
        )

    def _label(self, row: tuple[Stream, ...]) -> str:
        stream = row[0]
        account = stream.account or NO_ACCOUNT
        if self._several_buckets:
            account = f"{stream.bucket}  {account}"
        if len(row) > 1:
            return f"{account}  {len(row)} regions"
        if not stream.account:
            return account
        below_others = stream in self._below
        region = stream.region or "no region"
        return f"{' ' * len(account)}  {region}" if below_others else f"{account}  {region}"

    def on_resize(self) -> None:
        self._refresh()

    # ---- ticking ---------------------------------------------------------------------------

    @property
    def _row(self) -> tuple[Stream, ...]:
        at = self.query_one(TickList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else ()

    @on(OptionList.OptionSelected)
    def _tick(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        row = self._rows[event.option_index]
        if self._ticked.issuperset(row):
            self._ticked.difference_update(row)
        else:
            self._ticked.update(row)
        self._refresh()

    def action_tick_all(self, ticked: bool) -> None:
        for row in self._rows:
            if ticked:
                self._ticked.update(row)
            else:
                self._ticked.difference_update(row)
        self._refresh()

    def action_only(self) -> None:
        if self._row:
            self._ticked = set(self._row)
            self._refresh()

    # ---- days ------------------------------------------------------------------------------

    def _narrow(self, first: str, last: str) -> None:
        self._first = max(first, self._offer.first)
        self._last = min(last, self._offer.last)
        self._refresh()

    @on(TimeStrip.RangeSelected)
    def _brushed(self, message: TimeStrip.RangeSelected) -> None:
        """Whole days: those that the brush touches."""
        message.stop()
        until = message.end - timedelta(microseconds=1)
        self._narrow(message.start.date().isoformat(), until.date().isoformat())

    @on(TimeStrip.RangeCleared)
    def _unbrushed(self, message: TimeStrip.RangeCleared) -> None:
        message.stop()
        self.action_all_days()

    def action_all_days(self) -> None:
        self._narrow(self._offer.first, self._offer.last)

    def action_other_part(self) -> None:
        strip, ticks = self.query_one(TimeStrip), self.query_one(TickList)
        self.set_focus(strip if strip.display and not strip.has_focus else ticks)

    # ---- typing ----------------------------------------------------------------------------

    def action_filter(self) -> None:
        self._type("filter", "show only names with this text · Enter keeps", self._needle)

    def action_days(self) -> None:
        if self._offer.first:
            self._type("days", "first and last day, both included", f"{self._first} {self._last}")

    def _type(self, what: str, hint: str, value: str) -> None:
        box = self.query_one("#entry", Input)
        self._typing = what
        box.placeholder, box.value = hint, value
        box.display = True
        self.set_focus(box)

    @on(Input.Changed, "#entry")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._typing == "filter":
            self._needle = event.value
            self._fill()

    @on(Input.Submitted, "#entry")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._typing == "days":
            words = event.value.replace("–", " ").replace(",", " ").split()
            days = sorted(real_day(word) for word in words)
            if len(days) not in (1, 2) or not all(days):
                self.notify(
                    "write one or two days, such as 2026-03-01 2026-03-04", severity="warning"
                )
                return
            self._narrow(days[0], days[-1])
        self._close_entry()

    def _close_entry(self) -> None:
        self.query_one("#entry", Input).display = False
        self.set_focus(self.query_one(TickList))

    # ---- the end ---------------------------------------------------------------------------

    def action_load(self) -> None:
        amount = self._offer.amount(self._ticked, self._first, self._last)
        if not amount.objects:
            self.notify("nothing is selected: tick with space, a ticks all", severity="warning")
            return
        self._done(self._offer.choice(self._ticked, self._first, self._last))

    def action_leave(self) -> None:
        box = self.query_one("#entry", Input)
        if box.display:
            if self._typing == "filter":
                box.value = ""
            self._close_entry()
        else:
            self._done(None)

    def action_help(self) -> None:
        explains = (
            "What was listed, before anything is fetched. Days are those of the folders, which are"
            " by delivery: an event of the last minutes of a day can be in the next one's."
        )
        self.app.push_screen(
            Help("Selection", explains, [(with_keys(key), does) for key, does in _KEYS])
        )


def _rows(streams: Sequence[Stream], needle: str) -> list[tuple[Stream, ...]]:
    """A line for each stream that the filter leaves; above several of one account, all of them."""
    found: list[tuple[Stream, ...]] = []
    accounts: dict[tuple[str, str], list[Stream]] = {}
    for stream in streams:
        if needle.casefold() in " ".join(stream).casefold():
            accounts.setdefault((stream.bucket, stream.account), []).append(stream)
    for members in accounts.values():
        if len(members) > 1:
            found.append(tuple(members))
        found += [(stream,) for stream in members]
    return found


def _start(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _end(day: str) -> datetime:
    return _start(day) + timedelta(days=1)
