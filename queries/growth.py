"""What an index has of some evidence, and what of a new look at it is missing there.

Every file that was listed has an identity made from its name, place, size and time of change. They
are kept in the index (table `listed`), so that a later look finds the new ones without reading
anything, and an index that has all of them is known by the sum of theirs, whatever their order.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from queries.index.rows import as_text, insert_rows
from queries.index.schema import INDEX_VERSION
from queries.numbering import MODULUS
from queries.sources.local import Item, Listing

_BATCH = 20_000
_MEMBER = " › "
_BITS = 15 * 8


def identity(item: Item) -> int:
    """120 bits of name, place, size and time of change."""
    stamp = item.modified.timestamp() if item.modified else 0
    name = item.name.encode("utf-8", "surrogateescape")
    # The place of an object in the cache is made of all that identifies it, and is whole already.
    path = os.fsencode(item.path if item.fetch is not None else item.path.absolute())
    text = b"%b\0%b\0%d\0%r" % (name, path, item.size, stamp)
    return int.from_bytes(hashlib.blake2b(text, digest_size=_BITS // 8).digest())


def fingerprint(files: tuple[int, int], listing: Listing) -> str:
    """The files in any order (as `counted` knows them), and all that was said while looking for
    them."""
    count, total = files
    digest = hashlib.sha256(f"index {INDEX_VERSION}\n{count}\n{total}\n".encode())
    said, failed = listing.walked or (len(listing.passed_over), len(listing.unreadable))
    for name, reason in (*listing.passed_over[:said], *listing.unreadable[:failed]):
        digest.update(f"{name}\0{reason}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Missing:
    """What a look found that an index does not have."""

    places: list[int]
    """Of the items that are to be read."""
    fresh: int
    """How many of these were never listed before; the others failed and are tried again."""
    gone: int
    """Files that the index has and the look did not find any more."""
    changed: tuple[str, ...]
    """Files of which the index has records, and that are to be read again: their content changed,
    or they were read in part."""
    left: tuple[str, ...] = ()
    """Files that are no longer there and whose records go as well."""
    failed: Sequence[int] = ()
    """Of the places, those of files that failed before."""
    files: tuple[int, int] = (0, 0)
    """All that was found, as `counted` knows it."""


def missing(
    connection: duckdb.DuckDBPyConnection, items: Sequence[Item], *, retry: bool
) -> Missing:
    """Compare a look with an index; `retry`: read again what failed."""
    places: list[int] = []
    again: list[int] = []
    fresh = known = total = 0
    names: list[str] = []
    renewed = 0
    for start in range(0, len(items), _BATCH):
        part = [items[at] for at in range(start, min(start + _BATCH, len(items)))]
        numbers = [identity(item) for item in part]
        total += sum(numbers)
        states = _states(connection, numbers)
        new = [i for i, n in zip(part, numbers, strict=True) if n not in states]
        renewed += _named(connection, new)
        for at, (item, number) in enumerate(zip(part, numbers, strict=True), start):
            failed = states.get(number)
            known += failed is not None
            if failed is None or (failed and retry):
                places.append(at)
                names.append(str(as_text(item.name)))
                fresh += failed is None
                if failed:
                    again.append(at)
    gone = _count(connection) - known - renewed
    changed = _with_records(connection, names)
    files = (len(items), total % MODULUS)
    return Missing(places, fresh - renewed, gone, changed, failed=again, files=files)


def files_gone(connection: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> tuple[str, ...]:
    """Names of the files that an index has and a look did not find any more."""
    there = {hash(as_text(item.name)) for item in items}
    names = connection.execute(
        f"SELECT DISTINCT split_part(name, '{_MEMBER}', 1) FROM files"  # noqa: S608 - constant
        " WHERE file_id < (SELECT CAST(value AS BIGINT) FROM meta WHERE key = 'walked')"
    )
    found: list[str] = []
    while batch := names.fetchmany(_BATCH):
        found += [name for (name,) in batch if hash(name) not in there]
    return tuple(sorted(found))


def keep_listed(connection: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> None:
    """Forget, of what was listed, all that is not in this look."""
    connection.execute("CREATE TEMP TABLE there (name_hash UBIGINT)")
    for start in range(0, len(items), _BATCH):
        part = [items[at] for at in range(start, min(start + _BATCH, len(items)))]
        insert_rows(connection, "there", [(_name_hash(item),) for item in part])
    connection.execute(
        "DELETE FROM listed WHERE name_hash NOT IN (SELECT name_hash FROM there); DROP TABLE there"
    )


def write_listed(connection: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> None:
    """Write down the files of a look that were read now, or failed now."""
    failed = {
        row[0]
        for row in connection.execute(
            f"SELECT DISTINCT split_part(name, '{_MEMBER}', 1) FROM files"  # noqa: S608 - constant
            " WHERE status IN ('not read', 'unreadable')"
        ).fetchall()
    }
    for start in range(0, len(items), _BATCH):
        part = [items[at] for at in range(start, min(start + _BATCH, len(items)))]
        rows = [(identity(item), as_text(item.name) in failed, _name_hash(item)) for item in part]
        connection.execute(
            "DELETE FROM listed WHERE name_hash IN (SELECT unnest($names::UBIGINT[]))",
            {"names": [row[2] for row in rows]},
        )
        insert_rows(connection, "listed", rows)


def forget_failed(connection: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> None:
    """Drop the ledger's lines of files that are about to be read again."""
    _drop_lines(connection, items)


def forget_listed(connection: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> None:
    """Make files that failed, and are to be tried again later, files that were never seen."""
    _drop_lines(connection, items)
    for start in range(0, len(items), _BATCH):
        part = [_name_hash(items[at]) for at in range(start, min(start + _BATCH, len(items)))]
        connection.execute(
            "DELETE FROM listed WHERE name_hash IN (SELECT unnest($names::UBIGINT[]))",
            {"names": part},
        )


def _drop_lines(connection: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> None:
    for start in range(0, len(items), _BATCH):
        part = [items[at] for at in range(start, min(start + _BATCH, len(items)))]
        connection.execute(
            "DELETE FROM files WHERE name IN (SELECT unnest($names::VARCHAR[]))",
            {"names": [as_text(item.name) for item in part]},
        )


def identities(connection: duckdb.DuckDBPyConnection) -> Iterable[int]:
    """Of all files that the index has."""
    rows = connection.execute("SELECT identity FROM listed")
    while batch := rows.fetchmany(_BATCH):
        for row in batch:
            yield row[0]


def said_before(connection: duckdb.DuckDBPyConnection) -> Listing:
    """What was said while looking for the files of an index: the last lines of its ledger."""
    listing = Listing()
    walked = meta(connection).get("walked", "0")
    for name, status, notes in connection.execute(
        "SELECT name, status, notes FROM files WHERE file_id >= $walked ORDER BY file_id",
        {"walked": int(walked)},
    ).fetchall():
        kept = listing.passed_over if status == "skipped" else listing.unreadable
        kept.append((name, notes[0]))
    return listing


def meta(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What an index says about itself."""
    return dict(connection.execute("SELECT key, value FROM meta").fetchall())


def set_meta(connection: duckdb.DuckDBPyConnection, **values: object) -> None:
    """Write texts as they are and anything else as JSON."""
    for key, value in values.items():
        connection.execute("DELETE FROM meta WHERE key = $key", {"key": key})
        text = value if isinstance(value, str) else json.dumps(value)
        connection.execute("INSERT INTO meta VALUES ($key, $text)", {"key": key, "text": text})


def _states(connection: duckdb.DuckDBPyConnection, numbers: list[int]) -> dict[int, bool]:
    """Which of some identities the index has, and whether these failed."""
    return dict(
        connection.execute(
            "SELECT identity, failed FROM listed"
            " WHERE identity IN (SELECT unnest($numbers::HUGEINT[]))",
            {"numbers": numbers},
        ).fetchall()
    )


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("SELECT count(*) FROM listed").fetchone()
    return int(row[0]) if row else 0


def _name_hash(item: Item) -> int:
    name = item.name.encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest())


def _named(connection: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> int:
    """How many of these files the index knows by their names."""
    row = connection.execute(
        "SELECT count(*) FROM listed WHERE name_hash IN (SELECT unnest($names::UBIGINT[]))",
        {"names": [_name_hash(item) for item in items]},
    ).fetchone()
    return int(row[0]) if row else 0


def _with_records(connection: duckdb.DuckDBPyConnection, names: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for start in range(0, len(names), _BATCH):
        rows = connection.execute(
            f"SELECT DISTINCT split_part(name, '{_MEMBER}', 1) FROM files"  # noqa: S608 - constant
            " WHERE events + copies > 0"
            f" AND split_part(name, '{_MEMBER}', 1) IN (SELECT unnest($names::VARCHAR[]))",
            {"names": names[start : start + _BATCH]},
        ).fetchall()
        found += [name for (name,) in rows]
    return tuple(sorted(found))
