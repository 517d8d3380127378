"""Spark over a trail as it is delivered, with nothing converted.

The records of the extent are read once, when the trail is opened: translated, copies merged, and
kept by Spark as `events`, however many they are. What is made from many records (pushes, sessions,
deployments) is made here, by the code that makes it of any evidence, from those events that say
something for it (`queries.trail.deriving`), and given to Spark: it answers all questions. What only
DuckDB can do (rules, statements of one's own) gets an index of the extent.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from queries.case import Case, Rows
from queries.converted.layout import RELATIONS, VIEWS, columns_of, view_of_events
from queries.database import connect
from queries.engines.base import PAGE
from queries.engines.case import MOST_COPIED
from queries.engines.extent import Extent
from queries.engines.spark_session import SparkSession
from queries.errors import InvestigationError
from queries.index.build import file_row
from queries.index.rows import insert_rows
from queries.index.schema import create_tables
from queries.progress import CancelToken, Progress
from queries.sources.local import Item
from queries.trail import merging
from queries.trail.deriving import make_here
from queries.trail.index import Filling, index_of_trail
from queries.trail.reading import SparkTrail
from queries.trail.records import RECORDS, Records, give

OF_SPARK = frozenset({"events", "copies", "actors", "files", *VIEWS})
"""Relations that Spark has of a trail when it is open."""
_MADE = frozenset(RELATIONS) - OF_SPARK
"""Those that are made here, when a question first reads one."""
_READ = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)")
_MEMORY = {"memory_limit": "600MB"}
_GROUPS = "groups_of_trail"


class TrailEngine:
    """Answers from the records of one extent of a trail."""

    name = "spark"

    def __init__(
        self,
        session: SparkSession,
        root: str,
        extent: Extent,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        """Reads the extent. The session is closed with the engine. Raises `WrongUsage` for a place
        without such a trail, `InvestigationError` when Spark fails, and `Cancelled`."""
        self.extent = extent
        self._session = session
        self._cancel = cancel or CancelToken()
        self._progress = progress or Progress()
        self._progress.stage = "listing the trail"
        self._trail = SparkTrail(session, root, extent, cancel)
        self._spool = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
        self._filling = Filling(
            self._trail, self._trail.files, Path(self._spool.name), Progress(), self._cancel
        )
        self._records = Records(session, self._trail, self._filling, self._progress, self._cancel)
        self._lock = threading.Lock()
        self._derived: Case | None = None
        self._made: dict[str, Any] | None = None
        with connect(config=_MEMORY) as here:
            create_tables(here)
            try:
                self._read(here)
            finally:
                with suppress(Exception):
                    self._records.forget()
            self._make_files(here)
            self.totals = self._counted(here)

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
    ) -> Rows:
        self._make_known(sql, cancel)
        with self._session.running(cancel):
            return self._session.ask(sql, parameters)

    def pages(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
        size: int = PAGE,
    ) -> Iterator[Rows]:
        self._make_known(sql, cancel)
        with self._session.running(cancel):
            yield from self._session.pages(sql, parameters, size)

    def derived(self, cancel: CancelToken | None = None) -> Case:
        """An index of the extent, for what only DuckDB can do. Raises `InvestigationError` where
        the extent has too many events for that."""
        with self._lock:
            if self._derived is None:
                if self.totals["events"] > MOST_COPIED:
                    raise InvestigationError(
                        f"this is worked out here and not by Spark, and {self.totals['events']:,}"
                        f" events are more than the {MOST_COPIED:,} that are fetched for it:"
                        " convert the trail, or give a shorter time or fewer accounts"
                    )
                self._progress.stage = "reading all events for what only DuckDB can do"
                self._derived = index_of_trail(
                    self._trail, self._trail.files, Progress(), cancel or self._cancel, narrow=True
                )
            return self._derived

    def made(self, cancel: CancelToken | None = None) -> dict[str, Any]:
        """Have what is made from many records known to Spark; returns the totals that follow from
        it. Raises `InvestigationError` where too many events are needed for that."""
        with self._lock:
            if self._made is None:
                self._made = self._make(cancel or self._cancel)
            return self._made

    def totals_of(self, *, whole: bool) -> dict[str, Any]:
        """The totals of a case: all of them, or those that take more than counting when somebody
        asks for one."""
        totals = _Totals(self)
        if whole:
            totals.complete()
        return totals

    @property
    def doing(self) -> str:
        return self._session.doing

    def item(self, file_id: int) -> Item:
        """A file of the trail, to read a raw record in it."""
        file = self._trail.files[file_id]
        self._filling.fetch([file])
        return self._filling.item(file_id, file)

    def close(self) -> None:
        self._session.close()
        if self._derived is not None:
            self._derived.close()
        self._spool.cleanup()

    # --- inside --------------------------------------------------------------------------------

    def _make_known(self, sql: str, cancel: CancelToken | None) -> None:
        if _MADE.intersection(_READ.findall(sql)):
            self.made(cancel)

    def _make(self, cancel: CancelToken) -> dict[str, Any]:
        passing = Path(self._spool.name) / "made.duckdb"
        try:
            with connect(str(passing), config=_MEMORY) as here:
                create_tables(here)
                totals = make_here(self._session, here, self._progress, cancel)
                for relation in sorted(_MADE):
                    columns = ", ".join(
                        f'CAST("{name}" AS {kind}) AS "{name}"'
                        for name, kind in columns_of(relation)
                    )
                    give(self._session, relation, f"SELECT {columns} FROM {relation}", here, cancel)  # noqa: S608
            return totals
        finally:
            passing.unlink(missing_ok=True)

    def _read(self, here: duckdb.DuckDBPyConnection) -> None:
        """Make `events` and what Spark makes of them; the careful reader's part goes to `here`."""
        self._records.read(here, self._trail.files, inside=self._trail.inside())
        self._progress.stage = "merging copies with Spark"
        with self._session.running(self._cancel):
            self._session.view(_GROUPS, merging.grouped(RECORDS))
            for relation, select in (
                ("events", merging.events(_GROUPS)),
                ("copies", merging.copies(_GROUPS)),
            ):
                self._session.kept(select).createOrReplaceTempView(relation)
            for view in VIEWS:
                self._session.view(view, view_of_events(view))
            self._session.view("actors", merging.actors())

    def _make_files(self, here: duckdb.DuckDBPyConnection) -> None:
        """The ledger, here and for Spark."""
        kept: dict[int, tuple[Any, ...]] = {}
        with self._session.running(self._cancel):
            for number, *said in self._session.ask(_OF_FILES).rows:
                kept[number] = tuple(said)
        filling = self._filling
        insert_rows(
            here,
            "files",
            (
                file_row(
                    number,
                    filling.item(number, file),
                    filling.ledger,
                    kept.get(number, (0, 0, None, None)),
                )
                for number, file in enumerate(self._trail.files)
            ),
        )
        filling.name_places(here)
        names = ", ".join(f'"{name}"' for name, _ in columns_of("files"))
        give(self._session, "files", f"SELECT {names} FROM files", here, self._cancel)  # noqa: S608

    def _counted(self, here: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        """What can be said without making anything of the events."""
        with self._session.running(self._cancel):
            [row] = self._session.ask(_TOTALS).rows
            places = self._session.ask(
                "SELECT DISTINCT recipient_account_id, aws_region FROM events"
            ).rows
        events, merged, duplicates, first, last = row
        files, records, bad, careful = here.execute(_OF_LEDGER).fetchall()[0]
        notes = [
            f"a trail as it is, {self.extent.words}: what began before is not seen in it",
        ]
        if bad:
            notes.append(f"evidence incomplete: {bad} of {files} files damaged or unreadable")
        if careful:
            notes.append(
                f"{careful} of {files} files were read here and not by Spark: damaged, or unusual"
                " inside"
            )
        if duplicates:
            notes.append(f"{duplicates} copies of records merged (same eventID)")
        return {
            "raw_records": int(records or 0),
            "events": events,
            "duplicates": duplicates,
            "merged_records": merged or 0,
            "files": files,
            "unreadable_files": bad,
            "window": {"first": _iso(first), "last": _iso(last)},
            "accounts": sorted({row[0] for row in places if row[0]}),
            "regions": sorted({row[1] for row in places if row[1]}),
            "evidence_complete": not bad,
            "notes": notes,
        }


class _Totals(dict[str, Any]):
    """Totals that are complete as soon as one is wanted that is not there."""

    def __init__(self, engine: TrailEngine) -> None:
        super().__init__(engine.totals)
        self._engine = engine

    def complete(self) -> None:
        """Work out the rest. Raises `InvestigationError` where that is not done here."""
        notes = self["notes"]
        self.update(self._engine.made())
        self["notes"] = list(dict.fromkeys([*notes, *self["notes"]]))

    def __missing__(self, name: str) -> Any:
        self.complete()
        return self.get(name, None)


def _iso(value: Any) -> str | None:
    return f"{value.isoformat()}Z" if value is not None else None


_OF_FILES = """
SELECT coalesce(e.file_id, c.file_id) AS file_id, coalesce(e.events, 0), coalesce(c.copies, 0),
  e.first_event, e.last_event
FROM (
  SELECT file_id, count(*) AS events, min(event_time) AS first_event, max(event_time) AS last_event
  FROM events GROUP BY file_id
) AS e FULL JOIN (
  SELECT file_id, count(*) AS copies FROM copies GROUP BY file_id
) AS c ON c.file_id = e.file_id
"""
_TOTALS = """
SELECT count(*), count(merged_into), (SELECT count(*) FROM copies), min(event_time),
  max(event_time)
FROM events
"""
_OF_LEDGER = """
SELECT count(*), sum(records), count(*) FILTER (status IN ('damaged', 'unreadable')),
  count(*) FILTER (lane = 'careful' AND status <> 'skipped')
FROM files
"""
