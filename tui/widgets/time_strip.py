"""The histogram over time that is also the navigation: one to three lines of bars, and a brush.

The widget has room for as many buckets as it has cells; of fewer, some have several cells. Whenever
that number changes it posts `BucketsWanted`; until the answer comes, the old counts are re-bucketed
by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from tui.configuration.naming import NamedKeys
from tui.text import ELLIPSIS, fmt_ago, fmt_count, fmt_some, fmt_time, safe_text
from tui.widgets.sparkline import bar_line, levels, rebucket, sparkline

__all__ = ["Mark", "TimeStrip", "sparkline"]

BASELINE = "."


class Mark(NamedTuple):
    """A moment to point at: its sign (one cell) stands above its bucket or in place of the bar."""

    when: datetime
    sign: str = "▼"


class TimeStrip(NamedKeys, Widget, can_focus=True):
    """Bars, and below them (from two lines on) the dates and the selection in words."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "time-strip--bar",
        "time-strip--stressed",
        "time-strip--outside",
        "time-strip--selected",
        "time-strip--mark",
        "time-strip--label",
        "time-strip--cursor",
    }
    DEFAULT_CSS = """
    TimeStrip {
        height: 2;
        & > .time-strip--bar { color: $primary; }
        & > .time-strip--stressed { color: $text-error; }
        & > .time-strip--outside { color: $text-disabled; }
        & > .time-strip--selected { background: $primary 25%; }
        & > .time-strip--mark { color: $text-warning; text-style: bold; }
        & > .time-strip--label { color: $text-muted; }
        & > .time-strip--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
        }
        &:light > .time-strip--mark { color: $text; background: $warning 60%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "Earlier", show=False, id="left"),
        Binding("right,l", "move(1)", "Later", show=False, id="right"),
        Binding("home", "move(-10000)", "First", show=False, id="first"),
        Binding("end", "move(10000)", "Last", show=False, id="last"),
        Binding("left_square_bracket", "range_start", "From here", show=False, id="from-here"),
        Binding("right_square_bracket", "range_end", "Until here", show=False, id="until-here"),
        Binding("backslash", "clear_range", "All", show=False),
    ]

    class StripMessage(Message):
        def __init__(self, strip: TimeStrip) -> None:
            super().__init__()
            self.strip = strip

        @property
        def control(self) -> TimeStrip:
            return self.strip

    class BucketsWanted(StripMessage):
        """The strip now has room for `count` buckets; answer with `set_data`."""

        def __init__(self, strip: TimeStrip, count: int) -> None:
            super().__init__(strip)
            self.count = count

    class RangeSelected(StripMessage):
        """Somebody chose start ≤ t < end (at bucket edges, in UTC)."""

        def __init__(self, strip: TimeStrip, start: datetime, end: datetime) -> None:
            super().__init__(strip)
            self.start = start
            self.end = end

    class RangeCleared(StripMessage):
        """The whole time again."""

    def __init__(
        self, *, noun: str = "event", id: str | None = None, classes: str | None = None
    ) -> None:
        """`noun`: one of what is counted."""
        super().__init__(id=id, classes=classes)
        self._noun = noun
        self._start: datetime | None = None
        self._end: datetime | None = None
        self._total: Sequence[int] = ()
        self._stressed: Sequence[int] = ()
        self._untimed = 0
        self._marks: list[Mark] = []
        self._range: tuple[datetime, datetime] | None = None
        self._cursor = 0
        self._drag: int | None = None
        self._drag_end = 0

    # ---- data ----------------------------------------------------------------------------

    def set_data(
        self,
        start: datetime,
        end: datetime,
        total: Sequence[int],
        stressed: Sequence[int] = (),
        marks: Iterable[Mark] = (),
        untimed: int = 0,
    ) -> None:
        """Show counts of equal buckets from `start` to `end`.

        Args:
            start: Where the first bucket begins; naive times are UTC.
            end: Where the last one ends.
            total: All events, by bucket.
            stressed: How many of these are stressed (failed); empty, or as long as `total`.
            marks: Moments to point at.
            untimed: How many more there are whose time is not recorded, for which no bar stands.
        """
        if stressed and len(stressed) != len(total):
            raise ValueError("stressed must be empty or as long as total")
        self._start, self._end = _utc(start), _utc(max(start, end))
        self._total, self._stressed, self._untimed = list(total), list(stressed), untimed
        self._marks = [Mark(_utc(m.when), m.sign) for m in marks]
        self.refresh()

    def clear_data(self) -> None:
        """Show nothing (no window is known yet)."""
        self._start = self._end = None
        self._total, self._stressed, self._marks = (), (), []
        self.refresh()

    def set_range(self, selection: tuple[datetime, datetime] | None) -> None:
        """Show a selection made elsewhere; posts nothing."""
        self._range = None if selection is None else (_utc(selection[0]), _utc(selection[1]))
        self.refresh()

    @property
    def selection(self) -> tuple[datetime, datetime] | None:
        """The chosen (start, end), or None for all."""
        return self._range

    @property
    def bucket_count(self) -> int:
        """Buckets there is room for."""
        return self.size.width

    @property
    def cursor_time(self) -> datetime | None:
        """Where the cursor's bucket begins."""
        return self._edge(self._cursor)

    # ---- the brush -----------------------------------------------------------------------

    def narrow_start(self, when: datetime | None = None) -> None:
        """Let the selection begin at a time (default: the cursor); key ``[``."""
        edge = self._edge(self._cursor) if when is None else _utc(when)
        if edge is not None and self._end is not None:
            end = self._range[1] if self._range else self._end
            self._choose(edge, end if end > edge else self._end)

    def narrow_end(self, when: datetime | None = None) -> None:
        """Let the selection end at a time (default: after the cursor's bucket); key ``]``."""
        edge = self._edge(self._cursor, end=True) if when is None else _utc(when)
        if edge is not None and self._start is not None:
            start = self._range[0] if self._range else self._start
            self._choose(start if start < edge else self._start, edge)

    def clear_range(self) -> None:
        """Back to the whole time; key ``\\``."""
        if self._range is not None:
            self._range = None
            self.refresh()
            self.post_message(self.RangeCleared(self))

    def _choose(self, start: datetime, end: datetime) -> None:
        if start < end and self._range != (start, end):
            self._range = (start, end)
            self.refresh()
            self.post_message(self.RangeSelected(self, start, end))

    def action_move(self, step: int) -> None:
        self._cursor = max(0, min(self._cursor + step, self.size.width - 1))
        self.refresh()

    def action_range_start(self) -> None:
        self.narrow_start()

    def action_range_end(self) -> None:
        self.narrow_end()

    def action_clear_range(self) -> None:
        self.clear_range()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and event.button == 1 and self._start is not None:
            self._drag = self._drag_end = self._cursor = offset.x
            self.capture_mouse()
            self.refresh()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._drag is not None:
            x = event.get_content_offset_capture(self).x
            self._drag_end = max(0, min(x, self.size.width - 1))
            self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._drag is None:
            return
        x = max(0, min(event.get_content_offset_capture(self).x, self.size.width - 1))
        first, last = sorted((self._drag, x))
        self._drag = None
        self.release_mouse()
        self.refresh()
        start, end = self._edge(first), self._edge(last, end=True)
        if first != last and start is not None and end is not None:
            self._choose(start, end)

    def on_resize(self) -> None:
        self._cursor = max(0, min(self._cursor, self.size.width - 1))
        if self.size.width:
            self.post_message(self.BucketsWanted(self, self.size.width))

    # ---- geometry ------------------------------------------------------------------------

    @property
    def _buckets(self) -> int:
        """How many there are; where fewer than cells, some have several cells."""
        return min(len(self._total) or self.size.width, self.size.width)

    def _edge(self, cell: int, *, end: bool = False) -> datetime | None:
        """When the bucket of a cell begins, or ends."""
        if self._start is None or self._end is None or not self.size.width:
            return None
        bucket = cell * self._buckets // self.size.width + end
        return self._start + (self._end - self._start) * bucket / self._buckets

    def _cell(self, when: datetime, *, edge: bool = False) -> int | None:
        """The cell of a time, or None outside; with `edge`, the first one of the bucket that begins
        nearest to it."""
        if self._start is None or self._end is None:
            return None
        span, width = self._end - self._start, self.size.width
        if not span:
            return 0
        part = (when - self._start) / span
        if edge:
            return max(0, min(self._first_cell(round(part * self._buckets)), width))
        first = self._first_cell(int(part * self._buckets))
        return min(max(first, int(part * width)), width - 1) if 0 <= part <= 1 else None

    def _first_cell(self, bucket: int) -> int:
        return -(-bucket * self.size.width // (self._buckets or 1))

    # ---- drawing -------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        bars = height - 1 if height > 1 else 1
        plain = self.get_visual_style("time-strip--label")
        if self._start is None or y >= height:
            return Strip.blank(width, plain.rich_style)
        if y >= bars:
            return Strip([Segment(self._label_line(width), plain.rich_style)], width)
        return self._bars(bars - 1 - y, bars, width)

    def _bars(self, line: int, lines: int, width: int) -> Strip:
        total = rebucket(self._total, width) or [0] * width
        stressed = rebucket(self._stressed, width) or [0] * width
        heights, hot = levels(total, lines), levels(stressed, lines, max(total))
        chars = bar_line(heights, line)
        marks = {c: m.sign for m in self._marks if (c := self._cell(m.when)) is not None}
        if self._drag is not None:
            first, last = sorted((self._drag, self._drag_end))
            inside = range(first, last + 1)
        elif self._range is not None:
            begin, end = (self._cell(t, edge=True) or 0 for t in self._range)
            inside = range(begin, max(end, begin + 1))
        else:
            inside = range(0)
        plain = self.app.no_color or self.app.native_ansi_color
        segments = []
        for cell in range(width):
            names = ["time-strip--bar"]
            char = chars[cell]
            if hot[cell] > 8 * line:
                names.append("time-strip--stressed")
            elif not total[cell] and line == 0:
                char = BASELINE
                names.append("time-strip--outside")
            if cell in inside:
                names.append("time-strip--selected")
            elif inside:
                names.append("time-strip--outside")
            if cell in marks and line == lines - 1:
                char = safe_text(marks[cell], 1)
                names.append("time-strip--mark")
            if cell == self._cursor and self.has_focus:
                names.append("time-strip--cursor")
            style = self.get_visual_style(*names)
            if plain and cell in inside:
                style += Style(reverse=True)  # a tinted background would not be seen
            segments.append(Segment(char, style.rich_style))
        return Strip(segments, width).simplify()

    def _label_line(self, width: int) -> str:
        """Start at the left, end at the right, and what is under the brush between them."""
        if self._start is None or self._end is None:
            return " " * width
        span = self._end - self._start
        seconds = span < timedelta(minutes=10)
        year = True if self._start.year != self._end.year else None
        left = fmt_time(self._start, year=year, seconds=seconds)
        right = fmt_time(self._end, year=year, seconds=seconds)
        room = width - len(left) - len(right) - 2
        if room < 0:
            return f"{left[: max(0, width - 1)]}{ELLIPSIS}".ljust(width)[:width]
        return f"{left} {self._middle(room, seconds).center(room)} {right}"

    def _middle(self, room: int, seconds: bool) -> str:
        if self._range is not None:
            start, end = (fmt_time(t, seconds=seconds) for t in self._range)
            span = fmt_ago(self._range[1] - self._range[0])
            texts = [f"[ {start} – {end} ] {span}", f"[ {start} – {end} ]", f"[ {span} ]"]
        else:
            count, failed = sum(self._total), sum(self._stressed)
            most = fmt_some(count, self._noun)
            texts = [f"{most}, {fmt_count(failed)} failed"] if failed else []
            texts += [most, fmt_count(count)]
            if self._untimed:  # the list holds them
                rest = f", {fmt_count(self._untimed)} without a time"
                texts = [text + rest for text in texts] + texts
        return next((t for t in texts if len(t) <= room), "")


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
