"""Moments on one axis, a lane for each of who stands behind them; with a cursor and a brush."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from queries.timeline import MARK, Moment, lanes
from queries.times import moved
from tui.configuration.naming import NamedKeys
from tui.text import fit, safe_text

SIGNS = {"critical": "◆", "high": "●", "medium": "○", "low": "·", "info": "·"}
MARKED = "★"
_LEAST = timedelta(seconds=20)
_TICK = 16
_AXIS = 2


class LaneChart(NamedKeys, Widget, can_focus=True):
    """The view is a part of the whole; the cursor is a cell in it. Naive times are UTC."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lane-chart--axis", "lane-chart--label", "lane-chart--lane", "lane-chart--danger",
        "lane-chart--attention", "lane-chart--mark", "lane-chart--brush", "lane-chart--cursor",
    }  # fmt: skip
    DEFAULT_CSS = """
    LaneChart {
        height: 1fr;
        min-height: 4;
        & > .lane-chart--axis { color: $text-muted; }
        & > .lane-chart--label { color: $text; }
        & > .lane-chart--lane { color: $text-disabled; }
        & > .lane-chart--danger { color: $text-error; text-style: bold; }
        & > .lane-chart--attention { color: $text-warning; }
        & > .lane-chart--mark { color: $text-primary; text-style: bold; }
        & > .lane-chart--brush { background: $primary 25%; }
        & > .lane-chart--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "Earlier", show=False, id="left"),
        Binding("right,l", "move(1)", "Later", show=False, id="right"),
        Binding("up,k", "lane(-1)", "Lane up", show=False, id="up"),
        Binding("down,j", "lane(1)", "Lane down", show=False, id="down"),
        Binding("n", "jump(1)", "Next", id="next-event"),
        Binding("N", "jump(-1)", "Previous", show=False, id="previous-event"),
        Binding("plus", "zoom(0.5)", "Zoom in"),
        Binding("equals_sign", "zoom(0.5)", "Zoom in", show=False),
        Binding("minus", "zoom(2)", "Zoom out"),
        Binding("0", "whole", "Whole", show=False),
        Binding("shift+left,comma", "pan(-0.5)", "Pan earlier", show=False),
        Binding("shift+right,full_stop", "pan(0.5)", "Pan later", show=False),
        Binding("left_square_bracket", "brush(0)", "From here", show=False),
        Binding("right_square_bracket", "brush(1)", "Until here", show=False),
        Binding("enter", "open", "Open"),
    ]

    class ChartMessage(Message):
        def __init__(self, chart: LaneChart) -> None:
            super().__init__()
            self.chart = chart

    class Moved(ChartMessage):
        """The cursor or the view is elsewhere."""

    class Opened(ChartMessage):
        """Enter, or a click on what is under the cursor."""

    class Brushed(ChartMessage):
        """Somebody chose start ≤ t < end."""

        def __init__(self, chart: LaneChart, start: datetime, end: datetime) -> None:
            super().__init__(chart)
            self.start, self.end = start, end

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.moments: list[Moment] = []
        self.names: list[str] = []
        self.label: Callable[[datetime, timedelta], str] = lambda when, step: f"{when:%m-%d %H:%M}"
        """How the axis says a time, for ticks so far apart."""
        self.name_of: Callable[[str], str] = str
        self._whole = (datetime(1970, 1, 1), datetime(1970, 1, 2))
        self._view = self._whole
        self._cell, self._lane, self._first_lane = 0, 0, 0
        self._brush: tuple[datetime, datetime] | None = None
        self._drag: int | None = None

    # ---- data ------------------------------------------------------------------------------

    def show(
        self, found: Sequence[Moment], otherwise: tuple[datetime, datetime] | None = None
    ) -> None:
        """Show moments, the first and the last at the edges; stays where it is when there is only
        more of them. `otherwise`: from when to when the axis goes where there is none."""
        first = not self.moments
        self.moments, self.names = list(found), lanes(found)
        if found:
            span = found[-1].when - found[0].when
            room = max(span / 40, _LEAST)
            self._whole = (moved(found[0].when, -room), moved(found[-1].when, room))
        elif otherwise is not None:
            self._whole = otherwise
        if first:
            self._view = self._whole
            self.action_jump(1)
        self._lane = max(0, min(self._lane, len(self.names) - 1))
        self.refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is opened, and nowhere gone, where nothing is."""
        if action == "open":
            return bool(self.under)
        if action == "jump":
            return bool(self.moments)
        return super().check_action(action, parameters)

    def set_brush(self, brush: tuple[datetime, datetime] | None) -> None:
        """Show a window chosen elsewhere; posts nothing."""
        self._brush = brush
        self.refresh()

    @property
    def view(self) -> tuple[datetime, datetime]:
        return self._view

    @property
    def when(self) -> datetime:
        """Where the cursor's cell begins."""
        return self._time(self._cell)

    @property
    def under(self) -> list[Moment]:
        """What is in the cell under the cursor, the most important first."""
        if not self.names:
            return []
        name, start, end = self.names[self._lane], self.when, self._time(self._cell + 1)
        found = [m for m in self.moments if m.lane == name and start <= m.when < end]
        return sorted(found, key=lambda moment: (moment.rank, moment.when))

    # ---- geometry --------------------------------------------------------------------------

    @property
    def _label_width(self) -> int:
        longest = max((cell_len(safe_text(self.name_of(n), 60)) for n in self.names), default=0)
        return min(longest, max(10, self.size.width // 4)) + 1

    @property
    def _cells(self) -> int:
        return max(1, self.size.width - self._label_width)

    def _time(self, cell: float) -> datetime:
        start, end = self._view
        return start + (end - start) * (cell / self._cells)

    def _cell_of(self, when: datetime) -> int:
        start, end = self._view
        return int((when - start) / (end - start) * self._cells)

    # ---- moving ----------------------------------------------------------------------------

    def _changed(self) -> None:
        rows = max(1, self.size.height - _AXIS)
        self._first_lane = min(self._first_lane, self._lane)
        self._first_lane = max(self._first_lane, self._lane - rows + 1)
        self.refresh()
        self.post_message(self.Moved(self))

    def action_move(self, step: int) -> None:
        cell = self._cell + step
        if not 0 <= cell < self._cells:
            when = self._time(cell)
            self._pan(step * 0.25)
            cell = self._cell_of(when)
        self._cell = max(0, min(cell, self._cells - 1))
        self._changed()

    def action_lane(self, step: int) -> None:
        self._lane = max(0, min(self._lane + step, len(self.names) - 1))
        self._changed()

    def action_jump(self, step: int) -> None:
        """To the next moment in time, in whatever lane, behind those under the cursor."""
        here, end = self.when, self._time(self._cell + 1)
        name = self.names[self._lane] if self.names else ""
        order = self.names.index
        if step > 0:
            ahead = [
                m for m in self.moments if m.when >= end or self._beside(m, here, end, name, 1)
            ]
            target = min(ahead, key=lambda m: (m.when >= end, m.when, order(m.lane)), default=None)
        else:
            back = [
                m for m in self.moments if m.when < here or self._beside(m, here, end, name, -1)
            ]
            target = max(back, key=lambda m: (m.when >= here, m.when, order(m.lane)), default=None)
        if target is not None:
            self.go_to(target)

    def _beside(self, moment: Moment, here: datetime, end: datetime, name: str, side: int) -> bool:
        """In the cell of the cursor, but in a lane further down (or up)."""
        if not here <= moment.when < end or not name:
            return False
        return (self.names.index(moment.lane) - self.names.index(name)) * side > 0

    def go_to(self, moment: Moment) -> None:
        """Put the cursor on a moment; the view follows."""
        start, end = self._view
        if not start <= moment.when < end:
            half = (end - start) / 2
            self._view = (moved(moment.when, -half), moved(moment.when, half))
        self._cell = max(0, min(self._cell_of(moment.when), self._cells - 1))
        self._lane = self.names.index(moment.lane)
        self._changed()

    def action_zoom(self, factor: float, at: int | None = None) -> None:
        """Show more or less time, with the cursor (or a cell) staying where it is."""
        cell = self._cell if at is None else at
        start, end = self._view
        middle = self._time(cell + 0.5)
        span = max(_LEAST, min((end - start) * factor, (self._whole[1] - self._whole[0]) * 4))
        part = (middle - start) / (end - start)
        start = moved(middle, -span * part)
        self._view = (start, moved(start, span))
        self._changed()

    def action_whole(self) -> None:
        when = self.when
        self._view = self._whole
        self._cell = max(0, min(self._cell_of(when), self._cells - 1))
        self._changed()

    def _pan(self, part: float) -> None:
        start, end = self._view
        by = (end - start) * part
        whole_start, whole_end = self._whole
        start, end = moved(start, by), moved(end, by)
        if start < whole_end and end > whole_start:
            self._view = (start, end)

    def action_pan(self, part: float) -> None:
        self._pan(part)
        self._changed()

    def action_brush(self, end: int) -> None:
        """Let the window begin, or end, at the cursor."""
        start, stop = self._brush or self._view
        if end:
            stop = self._time(self._cell + 1)
        else:
            start = self.when
        if start < stop:
            self._choose(start, stop)

    def _choose(self, start: datetime, end: datetime) -> None:
        start, end = (when.replace(microsecond=0) for when in (start, end))
        end = moved(end, timedelta(seconds=1))
        self._brush = (start, end)
        self.refresh()
        self.post_message(self.Brushed(self, start, end))

    def action_open(self) -> None:
        self.post_message(self.Opened(self))

    # ---- mouse -----------------------------------------------------------------------------

    def _at(self, x: int) -> int:
        return max(0, min(x - self._label_width, self._cells - 1))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button != 1 or not self.names:
            return
        lane = self._first_lane + event.y - _AXIS
        again = lane == self._lane and self._at(event.x) == self._cell
        if 0 <= lane < len(self.names):
            self._lane = lane
        self._cell = self._drag = self._at(event.x)
        self.capture_mouse()
        self._changed()
        if again and self.under:
            self.action_open()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._drag is not None:
            self._cell = self._at(event.x)
            self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._drag is None:
            return
        first, last = sorted((self._drag, self._at(event.x)))
        self._drag = None
        self.release_mouse()
        if first != last:
            self._choose(self._time(first), self._time(last + 1))
        self._changed()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 0.5, -0.25)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 2, 0.25)

    def _wheel(self, event: events.MouseEvent, factor: float, part: float) -> None:
        event.stop()
        if event.shift:
            self.action_pan(part)
        else:
            self.action_zoom(factor, self._at(event.x))

    def on_resize(self) -> None:
        self._cell = max(0, min(self._cell, self._cells - 1))

    # ---- drawing ---------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y < _AXIS:
            return self._axis(y, width)
        at = self._first_lane + y - _AXIS
        if at >= len(self.names):
            return Strip.blank(width)
        return self._lane_strip(at)

    def _axis(self, y: int, width: int) -> Strip:
        style = self.get_visual_style("lane-chart--axis").rich_style
        step = (self._view[1] - self._view[0]) * (_TICK / self._cells)
        text = " " * self._label_width
        for cell in range(0, self._cells, _TICK):
            said = safe_text(self.label(self._time(cell), step) if y == 0 else "╷", _TICK - 1)
            if cell + len(said) <= self._cells:  # half a time is none
                text = text.ljust(self._label_width + cell) + said
        return Strip([Segment(text[:width].ljust(width), style)], width)

    def _lane_strip(self, at: int) -> Strip:
        name = self.names[at]
        shown: dict[int, Moment] = {}
        for moment in self.moments:
            cell = self._cell_of(moment.when) if moment.lane == name else -1
            if 0 <= cell < self._cells and (cell not in shown or moment.rank < shown[cell].rank):
                shown[cell] = moment
        inside = self._inside()
        chosen = at == self._lane
        label = fit(self.name_of(name), self._label_width - 1) + " "
        label_style = self.get_visual_style("lane-chart--label")
        if chosen:
            label_style += Style(bold=True)
        segments = [Segment(label, label_style.rich_style)]
        plain = self.app.no_color or self.app.native_ansi_color
        for cell in range(self._cells):
            char, names = self._cell_look(shown.get(cell))
            if cell in inside:
                names.append("lane-chart--brush")
            if cell == self._cell and chosen:
                names.append("lane-chart--cursor")
            style = self.get_visual_style(*names)
            if plain and (cell in inside or (cell == self._cell and chosen)):
                style += Style(reverse=True)
            segments.append(Segment(char, style.rich_style))
        return Strip(segments, self._label_width + self._cells).simplify()

    @staticmethod
    def _cell_look(moment: Moment | None) -> tuple[str, list[str]]:
        if moment is None:
            return "─", ["lane-chart--lane"]
        if moment.kind == MARK:
            return MARKED, ["lane-chart--mark"]
        bad = {"critical": "danger", "high": "danger", "medium": "attention"}
        return SIGNS[moment.severity], [f"lane-chart--{bad.get(moment.severity, 'label')}"]

    def _inside(self) -> range:
        """The cells that are brushed."""
        if self._drag is not None:
            first, last = sorted((self._drag, self._cell))
            return range(first, last + 1)
        if self._brush is None:
            return range(0)
        first, last = (self._cell_of(t) for t in self._brush)
        return range(max(0, first), min(self._cells, max(last, first + 1)))
