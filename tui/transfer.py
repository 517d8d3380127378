"""How far a transfer is, in words: objects, bytes, rate and an estimate."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import NamedTuple

from queries.progress import Progress
from tui.text import fmt_ago, fmt_bytes, fmt_count, fmt_some

_WINDOW = 5.0
"""Seconds that a rate is taken over: long enough to be steady, short enough to follow the line."""


class _Sample(NamedTuple):
    when: float
    objects: int
    bytes: int


class Rate:
    """Objects and bytes a second over the last seconds."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()

    def note(self, when: float, objects: int, size: int) -> None:
        """How much there is by now; `when` in seconds of any clock that does not go back."""
        self._samples.append(_Sample(when, objects, size))
        while self._samples[-1].when - self._samples[0].when > _WINDOW:
            self._samples.popleft()

    @property
    def known(self) -> tuple[float, float] | None:
        """Objects and bytes a second; None before there is a second to take it from."""
        if len(self._samples) < 2:
            return None
        first, last = self._samples[0], self._samples[-1]
        spent = last.when - first.when
        if spent < 1 or last.objects == first.objects:
            return None
        return (last.objects - first.objects) / spent, (last.bytes - first.bytes) / spent


def transfer_line(progress: Progress, rate: Rate) -> str:
    """Everything about a transfer; empty when nothing is fetched."""
    if not progress.to_fetch and not progress.reused:
        return ""
    said = [f"fetched {_objects(progress)} objects", _bytes(progress)]
    if (known := rate.known) and _left(progress) > 0:
        objects, size = known
        said.append(f"{fmt_bytes(size)}/s, {objects:,.0f} objects/s")
        said.append(f"about {_estimate(progress, known)} left")
    return " · ".join([*said, *_odd(progress)])


def short_transfer_line(progress: Progress, rate: Rate, width: int, stop: str) -> str:
    """As much of it as so many cells hold; `stop` says how to stop it, if there is room."""
    if _left(progress) <= 0:
        every = "" if progress.not_fetched else "all "
        here = f"⇣ {every}fetched: {fmt_some(progress.fetched + progress.reused, 'object')}"
        return " · ".join([here, *(odd for odd in _odd(progress) if "could not" in odd)])
    odd = _odd(progress)
    # How important each is, 0 the most; in the order in which they stand.
    pieces = [(0, f"⇣ {_objects(progress)} objects"), (1, _bytes(progress))]
    if known := rate.known:
        pieces += [(4, f"{fmt_bytes(known[1])}/s"), (5, f"{known[0]:,.0f} objects/s")]
        pieces.append((3, f"{_estimate(progress, known)} left"))
    pieces += [(2 if "could not" in said else 7, said) for said in odd]
    pieces.append((6, stop))
    while len(pieces) > 1 and len(" · ".join(text for _, text in pieces)) > width:
        pieces.remove(max(pieces))
    return " · ".join(text for _, text in pieces)


def _left(progress: Progress) -> int:
    return progress.to_fetch - progress.fetched - progress.not_fetched


def _objects(progress: Progress) -> str:
    return f"{fmt_count(progress.fetched)} of {fmt_count(progress.to_fetch)}"


def _bytes(progress: Progress) -> str:
    return f"{fmt_bytes(progress.fetched_bytes)} of {fmt_bytes(progress.to_fetch_bytes)}"


def _estimate(progress: Progress, known: tuple[float, float]) -> str:
    """Small objects are held up by requests, large ones by bytes."""
    objects, size = known
    bytes_left = max(0, progress.to_fetch_bytes - progress.fetched_bytes)
    seconds = max(_left(progress) / objects, bytes_left / size if size else 0)
    return fmt_ago(timedelta(seconds=seconds))


def _odd(progress: Progress) -> list[str]:
    """What was not fetched: there already, or not to be had."""
    said = []
    if progress.reused:
        said.append(f"{fmt_count(progress.reused)} were here already")
    if progress.not_fetched:
        said.append(f"{fmt_count(progress.not_fetched)} could not be had")
    return said
