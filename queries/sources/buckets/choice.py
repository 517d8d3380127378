"""Which part of a listing is loaded: what there is to choose from, and what was chosen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any, NamedTuple, Protocol

NO_ACCOUNT = "keys that name no account"
"""What is shown for a stream without account and region."""
ANY_DAY = ""
"""The day of an object whose key does not say one; it is not narrowed by days."""


class Stream(NamedTuple):
    """What can be ticked: a region of an account; both empty where keys name none."""

    bucket: str
    account: str
    region: str


class Counted(Protocol):
    """A part of a listing with its numbers, as `RemoteSource.shares` gives them."""

    @property
    def bucket(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def day(self) -> str: ...
    @property
    def objects(self) -> int: ...
    @property
    def bytes(self) -> int: ...


class Amount(NamedTuple):
    """Objects, and their bytes as stored."""

    objects: int = 0
    bytes: int = 0

    def __add__(self, other: object) -> Amount:
        assert isinstance(other, Amount)  # noqa: S101 - amounts are added to amounts
        return Amount(self.objects + other.objects, self.bytes + other.bytes)


@dataclass(frozen=True, slots=True)
class Choice:
    """What to load: streams (None for all) and day folders, both ends included ("" for open)."""

    streams: frozenset[Stream] | None = None
    first: str = ""
    last: str = ""

    @property
    def everything(self) -> bool:
        return self.streams is None and not self.first and not self.last

    def wants(self, stream: Stream, day: str) -> bool:
        if self.streams is not None and stream not in self.streams:
            return False
        if day == ANY_DAY:
            return True
        return self.first <= day and (not self.last or day <= self.last)

    def plain(self) -> dict[str, object]:
        """As JSON can hold it; `choice_of` reads it."""
        streams = None if self.streams is None else sorted(self.streams)
        return {"streams": streams, "first": self.first, "last": self.last}

    def in_words(self) -> str:
        """For the ledger; a long list is cut."""
        said = []
        if self.streams is not None:
            named = sorted(f"{s.account} {s.region}".strip() or NO_ACCOUNT for s in self.streams)
            more = f" and {len(named) - 12} more" if len(named) > 12 else ""
            said.append(", ".join(named[:12]) + more)
        if self.first or self.last:
            said.append(f"day folders {self.first or 'the first'} to {self.last or 'the last'}")
        return "; ".join(said)


def choice_of(plain: Mapping[str, Any]) -> Choice:
    """A choice that was written down by `plain`."""
    streams = plain.get("streams")
    return Choice(
        None if streams is None else frozenset(Stream(*stream) for stream in streams),
        str(plain.get("first") or ""),
        str(plain.get("last") or ""),
    )


class _Days:
    """The days of one stream, with sums up to each: any span is two look-ups."""

    def __init__(self, counts: dict[str, Amount]) -> None:
        self.undated = counts.pop(ANY_DAY, Amount())
        self.days = sorted(counts)
        self.objects = [counts[day].objects for day in self.days]
        self._sums = [Amount(), *accumulate(counts[day] for day in self.days)]

    def amount(self, first: str, last: str) -> Amount:
        start, end = self._edges(first, last)
        upper, lower = self._sums[max(start, end)], self._sums[start]
        dated = Amount(upper.objects - lower.objects, upper.bytes - lower.bytes)
        return dated + self.undated

    def span(self, first: str, last: str) -> tuple[str, str]:
        """First and last day that is there and wanted; empty when there is none."""
        start, end = self._edges(first, last)
        return (self.days[start], self.days[end - 1]) if start < end else ("", "")

    def _edges(self, first: str, last: str) -> tuple[int, int]:
        start = bisect_left(self.days, first) if first else 0
        end = bisect_right(self.days, last) if last else len(self.days)
        return start, end


class Offer:
    """A listing by streams and days."""

    def __init__(self, shares: Iterable[Counted], warnings: Iterable[str] = ()) -> None:
        """`warnings`: sentences on what could not be listed, and so is not on offer."""
        self.warnings = list(warnings)
        counts: defaultdict[Stream, defaultdict[str, Amount]] = defaultdict(
            lambda: defaultdict(Amount)
        )
        for share in shares:
            stream = Stream(share.bucket, share.account, share.region)
            # A folder named 2026/02/31 is no day: nobody can narrow to it.
            counts[stream][real_day(share.day)] += Amount(share.objects, share.bytes)
        # What has no account comes last.
        ordered = sorted(counts, key=lambda s: (s.bucket, not s.account, s))
        self._streams = {stream: _Days(dict(counts[stream])) for stream in ordered}
        days = sorted({day for entry in self._streams.values() for day in entry.days})
        self.first, self.last = (days[0], days[-1]) if days else ("", "")
        """First and last day of any stream; empty when no key has one."""

    @property
    def streams(self) -> list[Stream]:
        return list(self._streams)

    @property
    def nothing_to_choose(self) -> bool:
        """Whether there is one stream of one day at most."""
        return len(self._streams) <= 1 and self.first == self.last

    def amount(self, streams: Collection[Stream], first: str = "", last: str = "") -> Amount:
        """Of these streams together; days both included."""
        total = Amount()
        for stream in streams:
            total += self._streams[stream].amount(first, last)
        return total

    def span(self, streams: Collection[Stream], first: str = "", last: str = "") -> tuple[str, str]:
        """First and last wanted day that these streams have; empty when none."""
        spans = [self._streams[stream].span(first, last) for stream in streams]
        found = [span for span in spans if span[0]]
        return (min(s[0] for s in found), max(s[1] for s in found)) if found else ("", "")

    def by_day(self, streams: Collection[Stream]) -> list[int]:
        """Objects of each day from the first to the last, those without any included as 0."""
        if not self.first:
            return []
        start = date.fromisoformat(self.first)
        length = (date.fromisoformat(self.last) - start).days + 1
        places = {(start + timedelta(days=n)).isoformat(): n for n in range(length)}
        counts = [0] * length
        for stream in streams:
            days = self._streams[stream]
            for day, objects in zip(days.days, days.objects, strict=True):
                counts[places[day]] += objects
        return counts

    def choice(self, streams: Collection[Stream], first: str, last: str) -> Choice:
        """What was chosen, as narrow as it has to be said."""
        chosen = frozenset(streams)
        return Choice(
            None if len(chosen) == len(self._streams) else chosen,
            first if first > self.first else "",
            last if last and last < self.last else "",
        )


Choose = Callable[[Offer], Choice]
"""Asks somebody; raises `Cancelled` when nothing is to be loaded."""


def real_day(text: str) -> str:
    """A day as YYYY-MM-DD, or "" when it is none."""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""
