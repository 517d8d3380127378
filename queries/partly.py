"""Evidence that takes long to read: a first part at once, the rest while people already ask.

The index of a part is like any other that lacks some files: it grows by them, in steps larger than
what was read before, so that what is made from all events is made anew a few times only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import duckdb

from queries.growth import Missing
from queries.index.delivery import delivered_at, delivery_order
from queries.sources.local import Item

_GROWTH = 3
"""How many times as much as was read before a step may read."""
_RATIO = 8
"""How much smaller logs are when they are compressed."""
_PACKED = (".gz", ".tgz", ".zip", ".zst", ".bz2", ".xz", ".parquet")
"""Names are good enough for this: it only decides how much is read at once."""


def first_part(items: Sequence[Item], lacking: Missing, limit: int) -> Missing:
    """What to read now of what is lacking: the files that were delivered last, with some `limit`
    compressed bytes, one at least. All of it when that is not much more, or when files changed or
    went: their records go at once, so the new ones have to come at once."""
    total = sum(_compressed(items[at]) for at in lacking.places)
    if lacking.changed or lacking.left or lacking.gone or total <= 2 * limit:
        return lacking
    newest = sorted(lacking.places, key=lambda at: _delivered(items[at]), reverse=True)
    places: list[int] = []
    size = 0
    for at in newest:
        places.append(at)
        size += _compressed(items[at])
        if size >= limit:
            break
    return replace(lacking, places=sorted(places), fresh=min(lacking.fresh, len(places)))


def next_limit(connection: duckdb.DuckDBPyConnection, limit: int) -> int:
    """Compressed bytes that the next step over an index may read, `limit` at least."""
    row = connection.execute(
        "SELECT sum(CASE WHEN compression = '' THEN size // $ratio ELSE size END) FROM files",
        {"ratio": _RATIO},
    ).fetchone()
    return max(limit, _GROWTH * int((row and row[0]) or 0))


def _compressed(item: Item) -> int:
    """About how many bytes a file has, or would have, as CloudTrail delivers it."""
    packed = item.name.lower().endswith(_PACKED)
    return item.size if packed else item.size // _RATIO


def _delivered(item: Item) -> tuple[int, datetime]:
    """A time to sort by; that of the file where its name has none."""
    if order := delivery_order(item.name):
        return order, datetime.min
    when = delivered_at(item.name) or (item.modified or datetime.min).replace(tzinfo=None)
    return int(f"{when:%Y%m%d%H%M}"), when
