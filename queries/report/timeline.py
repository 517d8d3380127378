"""A timeline as SVG: a lane for each who, moments on one axis. Shape and number say what colour
says; each moment has its words as a title, and a numbered list below the picture."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape

from queries.report.document import MARKED, Moment, Timeline
from queries.safe_text import safe_text
from queries.times import moved

_WIDTH, _LEFT, _RIGHT = 1000, 210, 20
_ROW, _TOP = 20, 34
_NEAR = 15
"""Pixels between two moments below which the second goes into the next row of its lane."""
_MOST_ROWS = 8
_STEPS = (
    *(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=h) for h in (1, 2, 3, 6, 12)),
    *(timedelta(days=d) for d in (1, 2, 7, 14, 30, 91, 182, 365, 1826)),
)
_DAY, _LONG = timedelta(days=1), timedelta(days=91)


def svg(timeline: Timeline) -> str:
    """The picture, without any reference to something outside it."""
    moments = timeline.moments
    first, last = moments[0].time, moments[-1].time
    pad = max((last - first) / 40, timedelta(seconds=30))
    start, end = moved(first, -pad), moved(last, pad)
    lanes: dict[str, list[tuple[float, int, Moment]]] = {}
    for moment in moments:
        lanes.setdefault(moment.lane, []).append(_placed(lanes, moment, start, end))
    parts: list[str] = []
    y = _TOP
    for lane, placed in lanes.items():
        rows = 1 + max(row for _, row, _ in placed)
        height = rows * _ROW + 10
        parts.append(_lane(lane, y, height))
        parts += [_moment(x, y + 15 + row * _ROW, moment) for x, row, moment in placed]
        y += height
    parts[:0] = _axis(start, end, y)
    label = escape(safe_text(timeline.title), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 26}" role="img"'
        f' aria-label="{label}" font-family="sans-serif" font-size="12">{"".join(parts)}</svg>'
    )


def _x(when: datetime, start: datetime, end: datetime) -> float:
    share = (when - start) / (end - start)
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _placed(
    lanes: dict[str, list[tuple[float, int, Moment]]],
    moment: Moment,
    start: datetime,
    end: datetime,
) -> tuple[float, int, Moment]:
    """Where a moment goes: in the first row of its lane that has room."""
    x = _x(moment.time, start, end)
    newest: dict[int, float] = {}
    for other, row, _ in lanes.get(moment.lane, []):
        newest[row] = max(other, newest.get(row, other))
    for row in range(_MOST_ROWS):
        if row not in newest or x - newest[row] >= _NEAR:
            return x, row, moment
    return x, _MOST_ROWS - 1, moment


def _lane(name: str, y: int, height: int) -> str:
    label = escape(safe_text(name, 28), quote=True)
    full = escape(safe_text(name), quote=True)
    return (
        f'<line x1="0" y1="{y + height}" x2="{_WIDTH}" y2="{y + height}" stroke="#c8ccd1"/>'
        f'<text x="4" y="{y + 19}" fill="#1b1f24"><title>{full}</title>{label}</text>'
    )


def _moment(x: float, y: int, moment: Moment) -> str:
    """A circle for what a rule found, a filled square for what somebody marked."""
    words = f"{moment.time.isoformat(' ', 'seconds')} UTC: {moment.label}"
    title = f"<title>{escape(safe_text(words), quote=True)}</title>"
    if moment.sign == MARKED:
        shape = f'<rect x="{x - 6}" y="{y - 6}" width="12" height="12" fill="#b35900">'
        return f"{shape}{title}</rect>"
    shape = f'<circle cx="{x}" cy="{y}" r="5.5" fill="#fff" stroke="#0b57a4" stroke-width="2.5">'
    return f"{shape}{title}</circle>"


def _axis(start: datetime, end: datetime, bottom: int) -> list[str]:
    step = next((s for s in _STEPS if (end - start) / s <= 7), (end - start) / 7)
    epoch = datetime(2000, 1, 1)
    tick = moved(epoch, ((start - epoch) // step + 1) * step)
    parts = []
    while tick < end:
        x = _x(tick, start, end)
        day = tick.isoformat()[: 10 if step >= _LONG else 16]
        words = day if step >= _LONG else day[5:10] if step >= _DAY else day[5:].replace("T", " ")
        parts.append(
            f'<line x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{bottom}" stroke="#e4e7eb"/>'
            f'<text x="{x}" y="16" text-anchor="middle" fill="#57606a">{words}</text>'
        )
        tick = moved(tick, step)
    legend = (
        f'<circle cx="{_LEFT}" cy="{bottom + 14}" r="5" fill="#fff" stroke="#0b57a4"'
        f' stroke-width="2.5"/><text x="{_LEFT + 10}" y="{bottom + 18}">found by a rule</text>'
        f'<rect x="{_LEFT + 124}" y="{bottom + 8}" width="12" height="12" fill="#b35900"/>'
        f'<text x="{_LEFT + 141}" y="{bottom + 18}">marked as evidence</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{bottom + 18}" text-anchor="end">times are UTC</text>'
    )
    return [*parts, legend]
