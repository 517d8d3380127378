"""A tag's life as a line of characters: which image it named, from when to when.

├69bb──────●2228────╳      a new image at ├, another's at ●, taken away at ╳
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tui.text import short_digest

BEGIN, BY_ANOTHER, ON, GONE, NOTHING = "├", "●", "─", "╳", " "
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which a tag named one image."""

    digest: str
    since: datetime
    until: datetime | None
    ended: bool
    """Taken away at `until`; otherwise another span follows, or nothing is known to end it."""
    by_another: bool = False
    """Somebody else put it there than the span before."""


def lane(spans: Sequence[Span], start: datetime, end: datetime, width: int) -> str:
    """The spans of a tag over a window as exactly `width` characters.

    What is too short to be seen still has its sign: where several fall into one cell the last
    one stands there, but a span by somebody else is never covered.
    """
    if width <= 0:
        return ""
    cells = [NOTHING] * width
    total = max((end - start).total_seconds(), 1.0)

    def cell(time: datetime) -> int:
        share = (time - start).total_seconds() / total
        return min(max(int(share * width), 0), width - 1)

    for span in spans:
        first = cell(span.since)
        last = cell(span.until) if span.until is not None else width - 1
        for place in range(first, last + 1):
            if cells[place] != BY_ANOTHER:
                cells[place] = ON
        for place, sign in enumerate(short_digest(span.digest, _DIGITS)[:_DIGITS], first + 1):
            if place < min(last, width) and last - first > _DIGITS:
                cells[place] = sign
        if cells[first] != BY_ANOTHER:
            cells[first] = BY_ANOTHER if span.by_another else BEGIN
        if span.ended and (last > first or cells[last] != BY_ANOTHER):
            cells[last] = GONE
    return "".join(cells)
