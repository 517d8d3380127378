"""`convert --engine spark`: a trail into a folder, by Spark's workers.

They read, merge, sort and write the events, and what is counted of them; the folder may be where
only they are. What they cannot do is done here, of little data: files that Spark does not do
justice are read by the careful reader; the ledger, a line for each file, is kept; and what is made
from many records by following them (pushes, sessions, deployments) is made of those events that say
something for it (`queries.trail.deriving`), and written by the workers again.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from queries.convert import Converted
from queries.converted.derived import digests_together, placed
from queries.converted.layout import (
    OF_EVENTS,
    SCHEMA_VERSION,
    WHOLE,
    columns_of,
    described,
    stored_columns,
)
from queries.database import connect
from queries.engines.spark_session import SparkSession
from queries.errors import InvestigationError, WrongUsage
from queries.index.digests import DigestCheck
from queries.index.rows import insert_rows
from queries.index.schema import INDEX_VERSION, create_tables
from queries.progress import CancelToken, Progress
from queries.trail import adding, deriving
from queries.trail.destination import NAMES, Destination, Partition
from queries.trail.index import Filling
from queries.trail.ledger import Ledger
from queries.trail.reading import File, SparkTrail
from queries.trail.records import Records, give

_MEMORY = {"memory_limit": "600MB"}
_DIGESTS = "/CloudTrail-Digest/"
_EVENTS = "events_of_folder"
_CHANGED = "changed_partitions"


class Conversion:
    """One conversion of what a folder does not have yet."""

    def __init__(
        self,
        session: SparkSession,
        trail: SparkTrail,
        destination: Destination,
        progress: Progress,
        cancel: CancelToken,
    ) -> None:
        self._session = session
        self._trail = trail
        self._destination = destination
        self._progress = progress
        self._cancel = cancel
        self.done = Converted()
        self.known = 0
        """Files that were not read, because the folder has them."""
        self.read_here = 0
        """Files that Spark did not do justice."""
        self.read = 0
        self.totals: dict[str, Any] = {}

    def run(self) -> None:
        """Convert; `done` says what that did, and `totals` what there is then. Raises `WrongUsage`,
        `InvestigationError`, and `Cancelled`: then the folder is what it was, or the next
        conversion finishes it."""
        with self._destination.claimed():
            self._run()

    # --- inside --------------------------------------------------------------------------------

    def _run(self) -> None:
        self._progress.stage = "looking at what was converted before"
        if self._destination.finish():
            self._progress.stage = "finishing a conversion that was stopped"
        meta = self._destination.meta()
        if not meta and self._destination.has("events"):
            raise WrongUsage(
                f"{self._destination.named}: is not empty and was not written by 'convert'"
            )
        self._partitions = self._destination.partitions() if meta else {}
        self._top = int(meta.get("top", 0))
        self._before: dict[str, Any] = json.loads(meta.get("totals", "{}"))
        self._hashes: dict[str, str] = json.loads(meta.get("hashes", "{}"))
        with (
            tempfile.TemporaryDirectory(prefix="ecr-investigate-") as spool,
            connect(config=_MEMORY) as here,
        ):
            self._spool = Path(spool)
            create_tables(here)
            self._ledger = Ledger(here, self._destination)
            new = self._ledger.without_known(self._trail.files)
            self.known = len(self._trail.files) - len(new)
            if not new or not self._add(here, new):
                self._unchanged()

    def _unchanged(self) -> None:
        self.totals = self._before
        self.done.events = sum(self._partitions.values())
        self.done.partitions_unchanged = len(self._partitions)

    def _add(self, here: duckdb.DuckDBPyConnection, new: list[File]) -> bool:
        """Add what is in some files; returns whether that is anything."""
        trail, session = self._trail, self._session
        paths = trail.places(new)
        filling = Filling(trail, new, self._spool, self._progress, self._cancel)
        self._progress.files_total = len(new)
        self._progress.bytes_total = sum(file.size for file in new)
        records = Records(session, trail, filling, self._progress, self._cancel)
        try:
            # What is packed in a file is asked for only where digests tell what that was.
            hashed = any(_DIGESTS in file.path for file in new)
            contents = records.read(here, new, paths, hashed=hashed)
            spark_read = self._hash(here, filling, new, paths, contents)
            self.read = len(new)
            self.read_here = len(new) - spark_read
            again = self._ledger.number(filling, new)
            self._number(here)
            if not self._find(again) and not self._ledger.has_new:
                return False
            self._merge()
        finally:
            records.forget()
        self._destination.begin()
        self._write_events()
        self._write_copies()
        digests = self._write_ledger(here, filling, new)
        self._write_derived(here, digests)
        self._progress.stage = "putting what was written into its place"
        self._destination.commit(self._emptied())
        return True

    def _hash(
        self,
        here: duckdb.DuckDBPyConnection,
        filling: Filling,
        new: Sequence[File],
        paths: Sequence[str],
        contents: dict[str, str],
    ) -> int:
        """Say of the files that Spark has read which SHA-256 they have, and what is packed in them;
        returns how many they are."""
        self._progress.stage = "hashing files with Spark"
        hashes = self._trail.hashes(paths, self._cancel)
        by_spark = [file for file in new if filling.is_of_spark(file)]
        for file in by_spark:
            filling.hashed(file, hashes.get(file.path, ""))
        packed = (
            (filling.ids[file.path], bytes.fromhex(contents[file.path]))
            for file in by_spark
            if file.path in contents
        )
        insert_rows(here, "contents", packed)
        return len(by_spark)

    def _number(self, here: duckdb.DuckDBPyConnection) -> None:
        give(self._session, adding.NUMBERS, _NUMBERED, here, self._cancel)

    def _find(self, again: bool) -> bool:
        """Make the new records and the events of their partitions known; returns whether there are
        any."""
        self._progress.stage = "merging with what was converted before"
        session, destination = self._session, self._destination
        with session.running(self._cancel):
            if destination.has("copies"):
                destination.read("copies").createOrReplaceTempView(adding.COPIES_BEFORE)
            else:
                self._none("copies", adding.COPIES_BEFORE)
        for seen_before in (False, True) if again else (False,):
            with session.running(self._cancel):
                session.view(adding.INCOMING, adding.incoming(again=seen_before))
                rows = session.ask(_OF_INCOMING).rows
            self._touched: set[Partition] = {(a, r, d) for a, r, d in rows}
            self._view_partitions(adding.BEFORE, self._touched)
        self._view_others(adding.OTHERS, self._touched)
        return bool(self._touched)

    def _merge(self) -> None:
        session = self._session
        with session.running(self._cancel):
            session.kept(adding.groups()).createOrReplaceTempView(adding.GROUPS)
            counted = session.ask(adding.new_keys()).rows
        first, rows = self._top, []
        for account, region, date, count in sorted(counted, key=_in_order):
            rows.append((account, region, date, first))
            first += count
        self._top = first
        with session.running(self._cancel):
            self._rows(rows, f"{_TEXTS}, first BIGINT", adding.FIRST_KEYS)
            session.kept(adding.merged()).createOrReplaceTempView(adding.MERGED)
            sizes = session.ask(_SIZES).rows
            self._sizes: dict[Partition, int] = {(a, r, d): n for a, r, d, n, _ in sizes}
            has_addenda = any(row[-1] for row in sizes)
            session.kept(adding.links(has_addenda=has_addenda)).createOrReplaceTempView(
                adding.LINKS
            )
            joined = session.ask(adding.JOINED_OTHERWISE).rows
        elsewhere: set[Partition] = {(a, r, d) for a, r, d in joined}
        self._view_partitions(adding.JOINED_ELSEWHERE, elsewhere)
        self._changed = self._touched | elsewhere
        self._sizes |= {part: self._partitions[part] for part in elsewhere}

    def _write_events(self) -> None:
        self._progress.stage = "writing events with Spark"
        session, destination = self._session, self._destination
        with session.running(self._cancel):
            after = session.spark.sql(adding.after())
        destination.put("events", after)
        with session.running(self._cancel):
            after = destination.read("events", pending=True)
            after.createOrReplaceTempView(_AFTER)
        self._view_others(_EVENTS, self._changed)
        names = ", ".join(f"{name}" for name, _ in stored_columns("events"))
        with session.running(self._cancel):
            # What is made is made from the relation `events`.
            every = f"SELECT {names} FROM {_EVENTS} UNION ALL SELECT {names} FROM {_AFTER}"  # noqa: S608
            session.view("events", every)
            actors = session.spark.sql(adding.actors_of(_AFTER))
        destination.put("actors", actors)
        kept = {p: n for p, n in self._partitions.items() if p not in self._changed}
        self.done.events = sum(kept.values()) + sum(self._sizes.values())
        self.done.added = self.done.events - sum(self._partitions.values())
        self.done.partitions_written = len(self._changed)
        self.done.partitions_unchanged = len(kept)

    def _write_copies(self) -> None:
        session = self._session
        with session.running(self._cancel):
            session.view(adding.COPIES, adding.copies_found())
            buckets = session.ask(_BUCKETS).rows
        first, rows = self._top, []
        for bucket, count in sorted(buckets):
            rows.append((bucket, first))
            first += count
        self._top = first
        with session.running(self._cancel):
            self._rows(rows, "bucket BIGINT, first BIGINT", adding.FIRST_COPIES)
            copies = session.spark.sql(adding.copies_after())
        self._destination.put("copies", copies)
        with session.running(self._cancel):
            self._destination.read("copies", pending=True).createOrReplaceTempView("copies")

    def _write_ledger(
        self, here: duckdb.DuckDBPyConnection, filling: Filling, new: Sequence[File]
    ) -> DigestCheck:
        """What there is to say of every file, and what the new digest files say."""
        with self._session.running(self._cancel):
            counts = {row[0]: row[1:] for row in self._session.ask(adding.OF_FILES).rows}
        again = self._ledger.complete(filling, new, counts, self._cancel)
        files = ", ".join(
            f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in columns_of("files")
        )
        self._destination.put_rows(
            "files",
            here.sql(f"SELECT {files} FROM ledger ORDER BY file_id"),  # noqa: S608
        )
        before = self._before.get("digests", {})
        return digests_together(before, self._ledger.digests, again=again)

    def _write_derived(self, here: duckdb.DuckDBPyConnection, digests: DigestCheck) -> None:
        """What is made from the events needed for it, here."""
        count = deriving.choose(self._session, self._progress, self._cancel)
        if count > deriving.MOST_OF_FOLDER:
            raise InvestigationError(
                f"{count:,} events of the folder are needed for pushes, sessions and the like, more"
                f" than the {deriving.MOST_OF_FOLDER:,} of which they are worked out on this"
                " machine: convert a shorter time or fewer accounts into a folder"
            )
        with self._session.running(self._cancel):
            [counted] = self._session.ask(_TOTALS).dicts()
        passing = self._spool / "made.duckdb"
        with connect(str(passing), config=_MEMORY) as making:
            create_tables(making)
            making.register("ledger", here.sql("SELECT * FROM ledger").to_arrow_table())
            making.execute("INSERT INTO files BY NAME SELECT * FROM ledger")
            making.unregister("ledger")
            self.totals = deriving.make_of(
                deriving.fetching(self._session, self._cancel),
                deriving.chosen(count),
                making,
                self._progress,
                digests=digests,
                counted=counted,
            )
            self.totals["stopped"] = False
            self._progress.stage = "writing what was made"
            for relation in (*OF_EVENTS, *WHOLE):
                if relation not in ("copies", "files", "meta"):
                    made = making.sql(_typed(relation))
                    self._destination.put_rows(relation, made, self._hashes)
            insert_rows(making, "meta", self._meta())
            self._destination.put_rows("meta", making.sql(_typed("meta")))

    def _meta(self) -> list[tuple[str, str]]:
        return [
            ("schema_version", str(SCHEMA_VERSION)),
            ("index_version", str(INDEX_VERSION)),
            ("totals", json.dumps(self.totals)),
            ("relations", json.dumps(described()["relations"])),
            ("top", str(self._top)),
            ("hashes", json.dumps(self._hashes)),
        ]

    def _emptied(self) -> list[Partition]:
        gone = self._touched & set(self._partitions)
        return sorted((part for part in gone if not self._sizes.get(part)), key=str)

    # --- relations ------------------------------------------------------------------------------

    def _view_partitions(self, name: str, partitions: Iterable[Partition]) -> None:
        """Some partitions of the folder's events, of those that it has, as a view."""
        there = [part for part in partitions if part in self._partitions]
        with self._session.running(self._cancel):
            if there:
                self._destination.read_partitions(there).createOrReplaceTempView(name)
            else:
                self._none("events", name)

    def _view_others(self, name: str, partitions: Iterable[Partition]) -> None:
        """All others."""
        left = set(self._partitions) - set(partitions)
        with self._session.running(self._cancel):
            if not left:
                self._none("events", name)
                return
            stored = f"stored_{name}"
            self._destination.read("events").createOrReplaceTempView(stored)
            self._rows(list(partitions), _TEXTS, f"{_CHANGED}_{name}")
            self._session.view(name, adding.other_partitions(stored, f"{_CHANGED}_{name}"))

    def _none(self, relation: str, name: str) -> None:
        self._destination.nothing(relation).createOrReplaceTempView(name)

    def _rows(self, rows: Sequence[tuple[Any, ...]], types: str, name: str) -> None:
        self._session.spark.createDataFrame(list(rows), types).createOrReplaceTempView(name)


def _typed(relation: str) -> str:
    """A relation that was made, with the types of its columns in the folder."""
    source = placed(relation) if relation in OF_EVENTS else f"SELECT * FROM {relation}"  # noqa: S608
    columns = ", ".join(
        f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in stored_columns(relation)
    )
    return f"SELECT {columns} FROM ({source}) ORDER BY ALL"  # noqa: S608


def _in_order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Days, accounts, regions, each with what has no value at the end."""
    account, region, date, *_ = row
    return tuple((value is None, value or "") for value in (date, account, region))


_AFTER = "events_after"
_TEXTS = ", ".join(f"{name} STRING" for name in NAMES)
_OF_INCOMING = f"SELECT DISTINCT {adding.BY} FROM {adding.INCOMING}"  # noqa: S608
_SIZES = f"""
SELECT {adding.BY}, count(*) AS events, count(original_event_id) > 0 FROM {adding.MERGED}
GROUP BY {adding.BY}
"""  # noqa: S608
_BUCKETS = f"SELECT bucket, count(*) FROM {adding.COPIES} GROUP BY bucket"  # noqa: S608
_TOTALS = """
SELECT count(*) AS events, count(merged_into) AS merged_records,
  (SELECT count(*) FROM copies) AS duplicates
FROM events
"""
_NUMBERED = """
SELECT CAST(n.case_number AS BIGINT) AS case_number, n.number, n.known, f.name, f.sha256
FROM numbers AS n JOIN case_index.files AS f ON f.file_id = n.case_number
"""
