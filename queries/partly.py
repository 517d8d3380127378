"""Evidence that takes long to read: a first part at once, the rest while people already ask.

The index of a part is like any other that lacks some files: it grows by them, in steps larger than
what was read before, so that everything is made from all events a few times only.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

import duckdb

from queries.growth import Missing
from queries.index.delivery import delivered_at, delivery_order
from queries.index.rows import as_text
from queries.sources.buckets.items import RemoteItems
from queries.sources.local import Items, Listing

SOON = 3.0
"""Seconds for which the first objects of a bucket are waited for: what has come by then is shown
first, however fast the network is."""
LEAST = 2 << 20
"""Bytes that a step fetches from a bucket at least, however slow it is: a growing index costs more
than to read them."""
_GROWTH = 3
"""How many times as much as was read before a step may read."""
_RATIO = 8
"""How much smaller logs are when they are compressed."""
_PACKED = (".gz", ".tgz", ".zip", ".zst", ".bz2", ".xz", ".parquet")
"""Names are good enough for this: it only decides how much is read at once."""


class Newest:
    """Places of what is lacking, and about how many bytes each has: first what must come at once,
    then what was delivered last. (Arrays, because there may be a million.)"""

    def __init__(self, items: Items, lacking: Missing) -> None:
        """What changed must come at once: its records of before go at once."""
        changed = set(lacking.changed)
        places, sizes, times, urgent = (array(kind, ()) for kind in "IQQB")
        for at, item in _described(items, lacking.places):
            places.append(at)
            sizes.append(_compressed(item))
            times.append(_delivered(item))
            urgent.append(bool(changed) and str(as_text(item.name)) in changed)
        order = sorted(range(len(places)), key=lambda n: (urgent[n], times[n]), reverse=True)
        self.places = array("I", (places[n] for n in order))
        self._sizes = array("Q", (sizes[n] for n in order))
        self._urgent = sum(urgent)

    @property
    def urgent(self) -> Sequence[int]:
        """Those that must come at once."""
        return self.places[: self._urgent]

    def first(self, limit: int) -> array[int]:
        """What to read now: some `limit` bytes, one file at least; all of it when that is not much
        more."""
        total = sum(self._sizes)
        if total <= 2 * limit:
            return self.places
        size = 0
        for count, more in enumerate(self._sizes, 1):
            size += more
            if size >= limit and count >= self._urgent:
                return self.places[:count]
        return self.places

    def all_if_few_are_left(self, chosen: set[int]) -> set[int]:
        """All when the others are not more than these."""
        size = sum(size for at, size in zip(self.places, self._sizes, strict=True) if at in chosen)
        return chosen if sum(self._sizes) > 2 * size else set(self.places)


def is_behind(listing: Listing, lacking: Missing, limit: int) -> bool:
    """Whether an index that lacks so much is worth looking at before it has all: nothing in it is
    wrong, and what it lacks takes long."""
    if lacking.changed or lacking.left:
        return False
    return len(Newest(listing.items, lacking).first(limit)) < len(lacking.places)


def next_limit(connection: duckdb.DuckDBPyConnection, limit: int) -> int:
    """Compressed bytes that the next step over an index may read, `limit` at least."""
    row = connection.execute(
        "SELECT sum(CASE WHEN compression = '' THEN size // $ratio ELSE size END) FROM files",
        {"ratio": _RATIO},
    ).fetchone()
    return max(limit, _GROWTH * int((row and row[0]) or 0))


class Described(Protocol):
    """What is known of a file without opening it: of an item, or of an object of a bucket."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def modified(self) -> datetime | None: ...


def _described(items: Items, places: Sequence[int]) -> Iterator[tuple[int, Described]]:
    """What is at some places, ascending. To make an item of an object takes thrice as long."""
    start = 0
    for part in items.parts():
        end = start + len(part)
        chosen = places[bisect_left(places, start) : bisect_left(places, end)]
        known = part.objects if isinstance(part, RemoteItems) else part
        for at in chosen:
            yield at, known[at - start]
        start = end


def _compressed(item: Described) -> int:
    """About how many bytes a file has, or would have, as CloudTrail delivers it."""
    packed = item.name.lower().endswith(_PACKED)
    return item.size if packed else item.size // _RATIO


def _delivered(item: Described) -> int:
    """A time to sort by, as digits: minutes, and within them milliseconds; that of the file where
    its name has none, or has the same day only."""
    if order := delivery_order(item.name):
        return order * 100_000
    named, changed = delivered_at(item.name), item.modified
    same_day = named is None or (changed is not None and changed.date() == named.date())
    when = (changed if same_day else named) or datetime.min
    return int(f"{when:%Y%m%d%H%M}") * 100_000 + when.second * 1000 + when.microsecond // 1000
