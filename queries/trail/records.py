"""The records of some files of a trail as relations of Spark's, with what the careful reader here
had to read instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from queries.converted.layout import columns_of
from queries.engines.spark_session import SparkSession
from queries.progress import CancelToken, Progress
from queries.trail.index import LANE, Filling
from queries.trail.reading import File, SparkTrail
from queries.trail.translation import spark_type

ROWS, PLACES, CAREFUL, RECORDS = (
    f"{name}_of_trail" for name in ("rows", "places", "careful", "records")
)
MERGED = ("copies", "merged_into")
"""Columns of `events` that only merging knows."""
OF_RECORDS = tuple(name for name, _ in columns_of("events") if name not in MERGED)
"""The columns of `RECORDS`."""


class Records:
    """Reads files and makes `RECORDS` known to the session: the columns `OF_RECORDS`, keys and
    numbers of files as an index has them. What Spark has read of them is on the disks of its
    machines until `forget`."""

    def __init__(
        self,
        session: SparkSession,
        trail: SparkTrail,
        filling: Filling,
        progress: Progress,
        cancel: CancelToken,
    ) -> None:
        self._session = session
        self._trail = trail
        self._filling = filling
        self._progress = progress
        self._cancel = cancel
        self._rows: Any = None

    def read(
        self,
        here: duckdb.DuckDBPyConnection,
        files: Sequence[File],
        paths: Sequence[str] | None = None,
        inside: str = "",
        *,
        hashed: bool = False,
    ) -> dict[str, str]:
        """Returns the SHA-256 of what is packed in files, by path, if these are to be `hashed`.

        `here` has the empty tables of an index and gets the careful reader's events; `paths`:
        where the files lie, other files with them are passed over; `inside`: only the records for
        which this condition on columns of `events` holds."""
        self._progress.stage = f"reading {len(files):,} files with Spark"
        with self._session.running(self._cancel):
            self._rows = self._session.keep(self._trail.frame(paths, hashed=hashed))
            self._rows.createOrReplaceTempView(ROWS)
            content = "max(content)" if hashed else "NULL"
            asked = _COUNTED.format(rows=ROWS, inside=inside or "TRUE", content=content)
            counted = self._session.ask(asked).rows
        good = {path: records for path, records, whole, *_ in counted if whole}
        whole = self._filling.whole(files, good)
        numbers = self._filling.ids
        for file, facts in whole:
            self._filling.ledger.put(numbers[file.path], facts, LANE)
        self._progress.stage = "reading with care what Spark could not"
        self._filling.read_with_care(here, files)
        if inside:
            self._filling.narrow(here)
        for path, _, is_whole, outside, _ in counted:
            if is_whole and outside and path in numbers:
                self._filling.leave_out(numbers[path], outside)
        give(self._session, PLACES, _PLACES, here, self._cancel, {
            "paths": [file.path for file, _ in whole],
            "ids": [numbers[file.path] for file, _ in whole],
        })  # fmt: skip
        names = ", ".join(OF_RECORDS)
        give(self._session, CAREFUL, f"SELECT {names} FROM events", here, self._cancel)  # noqa: S608
        with self._session.running(self._cancel):
            self._session.view(RECORDS, _records(inside or "TRUE"))
        return {path: content for path, *_, content in counted if content}

    def forget(self) -> None:
        """Let Spark drop what it has read."""
        if self._rows is not None:
            self._session.let_go(self._rows)
            self._rows = None


def give(
    session: SparkSession,
    name: str,
    select: str,
    here: duckdb.DuckDBPyConnection,
    cancel: CancelToken,
    parameters: dict[str, Any] | None = None,
) -> None:
    """Rows from here as a view of Spark's."""
    found = here.sql(select, params=parameters or None)
    described = described_for_spark(found)
    table = found.to_arrow_table()
    with session.running(cancel):
        frame_of(session, table, described).createOrReplaceTempView(name)


def described_for_spark(found: duckdb.DuckDBPyRelation) -> str:
    """The columns of rows from here in Spark's words."""
    types = zip(found.columns, map(str, found.types), strict=True)
    return ", ".join(f"`{column}` {spark_type(kind)}" for column, kind in types)


def frame_of(session: SparkSession, table: Any, described: str) -> Any:
    """A table of Arrow's as a frame of Spark's. Of no rows Spark wants to be told the columns."""
    given = (table,) if table.num_rows else ([], described)
    return session.spark.createDataFrame(*given)


def _records(inside: str) -> str:
    """The records, Spark's and the careful reader's, with the keys of an index."""
    own = {
        "event_key": "shiftleft(CAST(f.file_id AS BIGINT), 32) + r.position",
        "file_id": "f.file_id",
        "odd": "FALSE",
    }
    of_spark = ", ".join(
        f"{own[name]} AS {name}" if name in own else f"r.{name}" for name in OF_RECORDS
    )
    return (
        f"SELECT {of_spark} FROM {ROWS} AS r JOIN {PLACES} AS f ON f.path = r.path"  # noqa: S608
        f" WHERE r.position IS NOT NULL AND ({inside})"
        f" UNION ALL SELECT {', '.join(OF_RECORDS)} FROM {CAREFUL}"
    )


_PLACES = "SELECT unnest($paths::VARCHAR[]) AS path, unnest($ids::BIGINT[]) AS file_id"
_COUNTED = """
SELECT path, count(position) AS read,
  bool_and(coalesce(whole, false)) AND NOT bool_or(odd) AND count(position) = max(records)
    AND count(position) > 0 AS whole,
  count_if(position IS NOT NULL AND NOT coalesce({inside}, false)) AS outside,
  {content} AS content
FROM {rows} GROUP BY path
"""
