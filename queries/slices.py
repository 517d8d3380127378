"""Into which slices of time a histogram is cut."""

from __future__ import annotations

from typing import NamedTuple

_HOUR = 3600


class Slices(NamedTuple):
    """Equal ones, one after the other."""

    start: int
    """Seconds since 1970."""
    width: int
    """Seconds."""
    number: int

    @property
    def end(self) -> int:
        return self.start + self.width * self.number


def slices(first: int, last: int, most: int) -> Slices:
    """At most so many slices that hold a first and a last second. Slices of an hour or longer begin
    and end at full hours: how many events an hour has is counted when an index is made."""
    width = max(1, -(-(last - first + 1) // most))
    if width < _HOUR:
        return Slices(first, width, most)
    start = first - first % _HOUR
    hours = (last - start) // _HOUR + 1
    each = -(-hours // most)
    return Slices(start, each * _HOUR, -(-hours // each))
