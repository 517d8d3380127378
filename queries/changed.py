"""Files that changed after they were read: what an index has of them goes, and what they say now
takes its place.

A changed file may be a log that is still written, an object that was replaced, or evidence that
somebody altered: the ledger says how many records it had and has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb

from queries.errors import InvestigationError
from queries.naming import some
from queries.reader import DAMAGED, READ
from queries.sources.buckets.options import API_SCHEME

if TYPE_CHECKING:
    from queries.index.touched import Touched

_FILE = "split_part(name, ' › ', 1)"


def forget_changed(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], touched: Touched
) -> dict[str, int]:
    """Drop the records of these files, and their lines of the ledger; returns how many records
    each had.

    Where another file has a copy of such a record, that copy takes over when the index grows.
    """
    if not names:
        return {}
    before = dict(
        connection.execute(
            f"SELECT {_FILE}, CAST(sum(records) AS BIGINT) FROM files"  # noqa: S608 - constant
            f" WHERE {_FILE} IN (SELECT unnest($names::VARCHAR[])) GROUP BY 1",
            {"names": list(names)},
        ).fetchall()
    )
    connection.execute(
        f"CREATE TEMP TABLE changed AS SELECT file_id FROM files WHERE {_FILE} IN"  # noqa: S608
        " (SELECT unnest($names::VARCHAR[]))",
        {"names": list(names)},
    )
    touched.reopen(
        "file_id IN (SELECT file_id FROM changed) OR event_key IN"
        " (SELECT copy_of FROM copies WHERE file_id IN (SELECT file_id FROM changed))"
    )
    # No copy of theirs is left: those that are were made events again.
    connection.execute("DELETE FROM events WHERE file_id IN (SELECT file_id FROM changed)")
    for table in ("files", "contents", "digests", "digest_entries"):
        connection.execute(f"DELETE FROM {table} WHERE file_id IN (SELECT file_id FROM changed)")  # noqa: S608
    connection.execute("DROP TABLE changed")
    return before


def say_changed(
    connection: duckdb.DuckDBPyConnection, before: Mapping[str, int], *, must_be_read: bool = True
) -> None:
    """Note with each file what it had. Raises `InvestigationError` for one that could not be read
    again, if it must be: nothing that was read is given up for that."""
    for name, records in before.items():
        rows = connection.execute(
            f"SELECT file_id, status, records, notes FROM files WHERE {_FILE} = $name",  # noqa: S608
            {"name": name},
        ).fetchall()
        readable = any(status in (READ, DAMAGED) for _, status, _, _ in rows)
        if must_be_read and not readable:
            why = f" ({rows[0][3][0]})" if rows and rows[0][3] else ""
            raise InvestigationError(
                f"{name}: has other content now, which cannot be read{why}; what was read stays"
            )
        if name.startswith(API_SCHEME) or not rows:
            continue  # a day that goes on is no surprise
        now = sum(row[2] for row in rows)
        fewer = ", fewer than before" if now < records else ""
        note = f"changed after it was read: {some(records, 'record')} then, {now:,} now{fewer}"
        connection.execute(
            "UPDATE files SET notes = list_append(notes, $note) WHERE file_id = $file",
            {"note": note, "file": rows[0][0]},
        )
