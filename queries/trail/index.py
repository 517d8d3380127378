"""An index of a trail whose records Spark has read: what an index of the same files would be.

Spark unpacks and parses; its rows come here and go into the tables of an ordinary index, and the
rest is made by the code that makes every index. A file that Spark could not take whole, or of which
a single row looks odd, is fetched as it is and read here by the careful reader, as the fast lane of
an index does it: broken gzip, other encodings, repeated keys. So nothing is lost, and nothing said
twice.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from queries.case import Case
from queries.errors import Cancelled
from queries.index.build import finish_index
from queries.index.columns import COLUMNS
from queries.index.identifiers import insertion
from queries.index.ledger import Ledger
from queries.index.loader import load_items
from queries.index.schema import create_tables
from queries.index_file import make
from queries.numbering import numbers_from
from queries.progress import CancelToken, Progress
from queries.reader import FileFacts
from queries.sources.local import Item, Listing, Unavailable
from queries.trail.reading import File, SparkTrail
from queries.unpack import Unpacked

LANE = "spark"
_WORKERS = 2
_MOVED = """
UPDATE events SET file_id = m.number, event_key = (m.number::BIGINT << 32) | position
FROM (
  SELECT unnest($files::INTEGER[]) AS number,
    $first::INTEGER + generate_subscripts($files::INTEGER[], 1) - 1 AS read_as
) AS m
WHERE events.file_id = m.read_as
"""
_JSON = ("request_parameters", "response_elements", "service_event_details")


def index_of_trail(
    trail: SparkTrail,
    files: Sequence[File],
    progress: Progress,
    cancel: CancelToken,
    *,
    narrow: bool = False,
) -> Case:
    """The index of some files of a trail, as a case; it is gone when that is closed. `narrow`: only
    what is in the trail's extent, and not all that these files hold. Raises `Cancelled` when
    stopped, `InvestigationError` when Spark fails."""
    spool = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
    try:
        work = Filling(trail, files, Path(spool.name), progress, cancel, narrow=narrow)
        opened = make(work.fill, None, Path(spool.name), asked=False, workers=_WORKERS)
        return Case(*opened, _temporary=[spool])
    except BaseException:
        spool.cleanup()
        raise


class Filling:
    """Files of a trail into the tables of an index; ids are their places in the list."""

    def __init__(
        self,
        trail: SparkTrail,
        files: Sequence[File],
        spool: Path,
        progress: Progress,
        cancel: CancelToken,
        *,
        narrow: bool = False,
    ) -> None:
        self._narrow = narrow
        self._trail = trail
        self._files = files
        self._spool = spool
        self._progress = progress
        self._cancel = cancel
        self.ledger = Ledger(numbers_from(0, len(files)))
        self.ids = {file.path: number for number, file in enumerate(files)}

    def fill(self, connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], Path | None]:
        create_tables(connection)
        progress = self._progress
        progress.stage = "reading with Spark"
        progress.files_total = len(self._files)
        progress.bytes_total = sum(file.size for file in self._files)
        for part, table, hashes in self._trail.parts(self._files, self._cancel):
            whole = self.whole(part, counts_of(connection, table))
            for file, facts in whole:
                facts.unpacked.sha256 = hashes.get(file.path, "")
                self.ledger.put(self.ids[file.path], facts, LANE)
            insert(connection, table, {file.path: self.ids[file.path] for file, _ in whole})
            self.read_with_care(connection, part)
        if self._cancel.cancelled:
            raise Cancelled("stopped")
        if self._narrow:
            self.narrow(connection)
        listing = Listing()
        for number, file in enumerate(self._files):
            listing.items.append(self.item(number, file))
        listing.walk_done()
        totals = finish_index(connection, listing, self.ledger, progress, self._cancel)
        self.name_places(connection)
        return totals, None

    def name_places(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Copies that were fetched are not where the evidence is."""
        connection.execute(
            "UPDATE files SET path = name WHERE starts_with(path, $spool)",
            {"spool": str(self._spool.absolute())},
        )

    def narrow(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Drop the events outside of the extent, and say of each file how many it has."""
        if not (inside := self._trail.inside()):
            return
        outside = f"({inside}) IS NOT TRUE"
        rows = connection.execute(
            f"SELECT file_id, count(*) FROM events WHERE {outside} GROUP BY file_id"  # noqa: S608
        ).fetchall()
        connection.execute(f"DELETE FROM events WHERE {outside}")  # noqa: S608
        for number, count in rows:
            self.leave_out(number, count)

    def leave_out(self, number: int, count: int) -> None:
        """Some records of a file are outside of the extent."""
        facts, lane = self.ledger.get(number)
        facts.records -= count
        facts.about.append(f"{count} records in it are outside of what may be read")
        self.ledger.put(number, facts, lane)

    def whole(self, part: Sequence[File], counted: dict[str, int]) -> list[tuple[File, FileFacts]]:
        """The files that Spark has read whole, with what is to be said of them."""
        found = []
        for file in part:
            if (records := counted.get(file.path)) is None:
                continue
            facts = FileFacts(format="trail delivery", records=records)
            facts.unpacked = Unpacked(
                compression="gzip" if file.name.endswith(".gz") else "none", stored_bytes=file.size
            )
            found.append((file, facts))
            self._progress.add(files=1, stored=file.size, records=records, current=file.name)
        return found

    def is_of_spark(self, file: File) -> bool:
        """Whether Spark has read a file whole."""
        return self.ledger.get(self.ids[file.path])[1] == LANE

    def hashed(self, file: File, sha256: str) -> None:
        """Say which SHA-256 a file has."""
        facts, lane = self.ledger.get(self.ids[file.path])
        facts.unpacked.sha256 = sha256
        self.ledger.put(self.ids[file.path], facts, lane)

    def read_with_care(self, connection: duckdb.DuckDBPyConnection, part: Sequence[File]) -> None:
        """The other files of a part; what Spark has said of them does not count."""
        left = [n for n in (self.ids[file.path] for file in part) if n not in self.ledger]
        if not left:
            return
        self.fetch([self._files[number] for number in left])
        items = [self.item(number, self._files[number]) for number in left]
        # Ids that follow each other are what reads many files at once; they are nobody's yet.
        first = len(self._files)
        numbers = numbers_from(first, len(items))
        ledger = load_items(
            connection, items, Progress(), self._cancel, fast=False, numbers=numbers
        )
        connection.execute(_MOVED, {"first": first, "files": left})
        for place, (number, item) in enumerate(zip(left, items, strict=True)):
            self.ledger.put(number, *ledger.get(first + place))
            self._progress.add(files=1, stored=item.size, current=item.name)

    def fetch(self, files: Sequence[File]) -> None:
        """Files as they are, unless they are on this machine anyway."""
        wanted = [file for file in files if file.here is None]
        if wanted:
            for path, content in self._trail.contents(wanted).items():
                self._copy_of(self.ids[path]).write_bytes(content)

    def item(self, number: int, file: File) -> Item:
        here = file.here
        if here is not None:
            modified = datetime.fromtimestamp(here.stat().st_mtime, UTC)
            return Item(file.name, here, file.size, modified)
        path = self._copy_of(number)
        return Item(file.name, path, file.size, file.modified, fetch=partial(_must_be, path))

    def _copy_of(self, number: int) -> Path:
        return self._spool / f"{number}.evidence"


def _must_be(path: Path) -> None:
    if not path.exists():
        raise Unavailable("Spark could not read this file")


def insert(connection: duckdb.DuckDBPyConnection, table: Any, ids: dict[str, int]) -> None:
    """Rows of Spark's into `events`, those of the files that have an id; JSON is written as an
    index writes it."""
    names = [column.name for column in COLUMNS]
    values = [f"coalesce(try(json({n})), {n}) AS {n}" if n in _JSON else n for n in names]
    connection.register("arrived", table)
    try:
        connection.execute(
            insertion(
                f"""
                SELECT (p.file_id::BIGINT << 32) | position AS event_key, p.file_id, position,
                  {", ".join(values)}, repository, 1 AS copies, odd
                FROM arrived AS a JOIN (
                  SELECT unnest($paths::VARCHAR[]) AS path, unnest($ids::INTEGER[]) AS file_id
                ) AS p ON p.path = a.path
                WHERE position IS NOT NULL
                """  # noqa: S608 - constants of this project
            ),
            {"paths": list(ids), "ids": list(ids.values())},
        )
    finally:
        connection.unregister("arrived")


def counts_of(connection: duckdb.DuckDBPyConnection, table: Any) -> dict[str, int]:
    """How many records the files have that Spark has read whole and done justice, and that have
    any: what is in a file without records is for the careful reader to say."""
    connection.register("arrived", table)
    try:
        return dict(
            connection.execute(
                "SELECT path, count(position) FROM arrived GROUP BY path"
                " HAVING bool_and(coalesce(whole, false)) AND NOT bool_or(odd)"
                " AND count(position) = max(records) AND count(position) > 0"
            ).fetchall()
        )
    finally:
        connection.unregister("arrived")
