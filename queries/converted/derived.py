"""What is made from all events of a folder: sessions, pushes, deployments and the rest.

They say what an index over everything in the folder would say. Where the case that is converted has
just these events, its index says it, and they are taken from there (`queries.converted.taken`).
Else they are made by the same code: the events are loaded into a database that lies beside the
folder for a while, everything is made there, and what came out other than it stands in the folder
is written.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from queries.converted.days import IS_DAY, copy_to
from queries.converted.layout import (
    EXTRA,
    OF_EVENTS,
    SCHEMA_VERSION,
    WHOLE,
    Day,
    as_literal,
    columns_of,
    partition_files,
    pattern,
    whole_file,
)
from queries.converted.taken import (
    DIFFERENT,
    OF_DAY,
    fill_events,
    fill_relations,
    give_up,
    has_all_copies,
    totals_of,
)
from queries.index.derived import derive
from queries.index.digests import DigestCheck
from queries.index.identifiers import insertion
from queries.index.narrow import ACTORS
from queries.index.rows import insert_rows
from queries.index.schema import INDEX_VERSION
from queries.index.totals import collect_totals
from queries.progress import Progress

_DIGESTS = "_digests.json"
"""What the digest files of all evidence said that was brought; engines pass over the name."""


class Derived:
    """The relations beside the events; the writer has the empty tables of an index."""

    def __init__(
        self, writer: duckdb.DuckDBPyConnection, destination: Path, progress: Progress
    ) -> None:
        self._writer = writer
        self._destination = destination
        self._progress = progress

    def make(self, touched: set[Day], of_case: dict[str, Any], *, anew: bool) -> set[Day]:
        """Make everything; returns the partitions that had to be written for it.

        `touched`: the partitions that have just been written; `anew`: do not trust what stands
        there. `of_case`: the totals of the case that was brought.
        """
        digests = self._digests(of_case)
        has_events = any(self._destination.glob("events/**/events.parquet"))
        taken = has_events and self._take()
        if not taken:
            self._progress.stage = "loading the folder's events"
            self._load()
            # Its tables have the names of ours.
            self._writer.execute("DETACH case_index")
            derive(self._writer, self._progress)
        self._progress.stage = "writing what was made"
        changed = self._changed(DIFFERENT if taken else _DIFFERENT)
        for day in changed:
            self._write_events(day, OF_DAY if taken else _OF_DAY)
        every = set(map(_as_day, self._writer.execute(_DAYS).fetchall())) if anew else set()
        for day in touched | changed | every:
            self._write_actors(day)
        if taken:
            totals = totals_of(self._writer, of_case)
            totals["digests"] = asdict(digests)
            totals["digests"]["read"] = totals["digests"].pop("digests")
        else:
            totals = collect_totals(self._writer, digests)
        totals["stopped"] = bool(of_case.get("stopped"))
        insert_rows(
            self._writer,
            "meta",
            [
                ("schema_version", str(SCHEMA_VERSION)),
                ("index_version", str(INDEX_VERSION)),
                ("totals", json.dumps(totals)),
            ],
        )
        self._keep_digests(totals)
        for relation in (*OF_EVENTS, *(name for name in WHOLE if name != "meta")):
            self._write(relation)
        self._write("meta")
        return changed

    def _take(self) -> bool:
        """Take what is made from the events from the case; returns whether that is right."""
        if fill_events(self._writer, partition_files(self._destination, "events")):
            self._writer.execute("INSERT INTO files SELECT * FROM ledger")
            self._load_copies()
            if has_all_copies(self._writer):
                fill_relations(self._writer)
                return True
        give_up(self._writer)
        return False

    def _load(self) -> None:
        names = ", ".join(name for name, _ in columns_of("events"))
        files = as_literal(partition_files(self._destination, "events"))
        if any(self._destination.glob("events/**/events.parquet")):
            read = f"read_parquet({files}, hive_partitioning = false)"
            self._writer.execute(insertion(f"SELECT {names} FROM {read}"))  # noqa: S608
        self._writer.execute(f"CREATE TABLE before AS {_HASHED}")
        self._writer.execute("INSERT INTO files SELECT * FROM ledger")
        self._load_copies()

    def _load_copies(self) -> None:
        kept = whole_file(self._destination, "copies")
        if kept.exists():
            names = ", ".join(name for name, _ in columns_of("copies"))
            self._writer.execute(
                f"INSERT INTO copies SELECT {names} FROM"  # noqa: S608
                f" read_parquet({as_literal(pattern(kept))})"
            )
        self._writer.execute(_NEW_COPIES)
        self._writer.execute(_COUNT_COPIES)

    def _digests(self, of_case: dict[str, Any]) -> DigestCheck:
        """What digest files said, of this case and of those brought before."""
        known: dict[str, Any] = {}
        kept = self._destination / _DIGESTS
        if kept.exists():
            known = json.loads(kept.read_text(encoding="utf-8"))
        [(again,)] = self._writer.execute("SELECT count(*) FROM numbers WHERE known").fetchall()
        return digests_together(known, of_case.get("digests", {}), again=bool(again))

    def _keep_digests(self, totals: dict[str, Any]) -> None:
        kept = self._destination / _DIGESTS
        passing = kept.with_name(f"{_DIGESTS}.part")
        passing.write_text(json.dumps(totals["digests"]), encoding="utf-8")
        passing.replace(kept)

    def _changed(self, different: str) -> set[Day]:
        """The partitions in which an event is not what the folder has: joined to another, say."""
        return set(map(_as_day, self._writer.execute(different).fetchall()))

    def _write_events(self, day: Day, of_day: str) -> None:
        bound = {"account": day.account, "region": day.region, "date": day.date}
        self._writer.execute(f"CREATE OR REPLACE TEMP TABLE kept AS {of_day}", bound)
        target = day.file(self._destination, "events")
        [(left,)] = self._writer.execute("SELECT count(*) FROM kept").fetchall()
        if left:
            copy_to(
                self._writer, "SELECT * FROM kept ORDER BY event_time NULLS LAST, event_key", target
            )
        else:
            target.unlink(missing_ok=True)

    def _write_actors(self, day: Day) -> None:
        columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns_of("actors"))
        self._writer.execute(f"CREATE OR REPLACE TEMP TABLE kept AS SELECT {columns} WHERE false;")
        target = day.file(self._destination, "actors")
        events = day.file(self._destination, "events")
        if events.exists():
            part = f"read_parquet({as_literal(pattern(events))}, hive_partitioning = false)"
            self._writer.execute(f"INSERT INTO kept {ACTORS.format(events=part)}")
            copy_to(self._writer, "SELECT * FROM kept ORDER BY ALL", target)
        else:
            target.unlink(missing_ok=True)

    def _write(self, relation: str) -> None:
        columns = ", ".join(f'"{name}"' for name, _ in columns_of(relation))
        source = placed(relation) if relation in OF_EVENTS else f"SELECT {columns} FROM {relation}"  # noqa: S608
        copy_to(self._writer, f"{source} ORDER BY ALL", whole_file(self._destination, relation))


def digests_together(known: dict[str, Any], said: dict[str, Any], *, again: bool) -> DigestCheck:
    """What digest files said before and say now, as totals have it; `again`: these may be the
    same."""
    number = max if again else int.__add__
    return DigestCheck(
        number(known.get("read", 0), said.get("read", 0)),
        number(known.get("verified", 0), said.get("verified", 0)),
        *(
            list(dict.fromkeys([*known.get(name, []), *said.get(name, [])]))
            for name in ("altered", "missing", "unlisted", "not_compared", "breaks")
        ),
    )


def placed(relation: str) -> str:
    """The rows of a relation that belongs to events, with the partition of its event."""
    columns = ", ".join(f'r."{name}"' for name, _ in columns_of(relation))
    joined = f"LEFT JOIN events AS e ON e.event_key = r.{OF_EVENTS[relation]}"
    if OF_EVENTS[relation] == "push_key":
        joined = (
            "LEFT JOIN pushes AS p ON p.push_key = r.push_key"
            " LEFT JOIN events AS e ON e.event_key = p.event_key"
        )
    return f"SELECT {columns}, {_PLACE} FROM {relation} AS r {joined}"  # noqa: S608


def _as_day(row: tuple[Any, ...]) -> Day:
    return Day(*row)


_PLACE = "e.recipient_account_id AS account, e.aws_region AS region,"
_PLACE += ' CAST(e.event_time AS DATE) AS "date"'
_DAYS = """
SELECT DISTINCT recipient_account_id, aws_region, CAST(event_time AS DATE)::VARCHAR FROM events
"""
_ALL = ", ".join(name for name, _ in columns_of("events"))
_HASHED = f"""
SELECT event_key, recipient_account_id, aws_region, CAST(event_time AS DATE)::VARCHAR AS day,
  hash({_ALL}) AS content
FROM events
"""  # noqa: S608 - constants of this module
_DIFFERENT = f"""
WITH after AS ({_HASHED})
SELECT DISTINCT recipient_account_id, aws_region, day FROM (
  SELECT * FROM before EXCEPT SELECT * FROM after
  UNION ALL
  (SELECT * FROM after EXCEPT SELECT * FROM before)
)
"""  # noqa: S608 - constants of this module
_OF_DAY = f"""
SELECT {", ".join(f"e.{name}" for name, _ in columns_of("events"))},
  f.name AS {EXTRA[0][0]}, f.sha256 AS {EXTRA[1][0]}
FROM events AS e LEFT JOIN files AS f ON f.file_id = e.file_id
WHERE {IS_DAY}
"""  # noqa: S608 - constants of this module
_NEW_COPIES = """
CREATE TABLE located AS
SELECT file_id, position, event_key FROM events
UNION ALL
SELECT file_id, position, copy_of FROM copies
UNION ALL
SELECT file_id, position, copy_of FROM lost;
INSERT INTO copies
SELECT (SELECT greatest(max(t.event_key), 0) FROM top AS t) + row_number() OVER (
    ORDER BY n.copy_of, n.file_id, n.position), n.file_id, n.position, n.copy_of
FROM (
  SELECT c.file_id, c.position, min(c.copy_of) AS copy_of FROM (
    SELECT file_id, position, copy_of FROM lost
    UNION ALL
    SELECT n.number, c.position, l.event_key
    FROM case_index.copies AS c
      JOIN numbers AS n ON n.case_number = c.file_id
      JOIN case_index.events AS e ON e.event_key = c.copy_of
      JOIN numbers AS m ON m.case_number = e.file_id
      JOIN located AS l ON l.file_id = m.number AND l.position = e.position
  ) AS c
  WHERE NOT EXISTS (SELECT 1 FROM copies AS k
    WHERE k.file_id = c.file_id AND k.position = c.position)
  AND NOT EXISTS (SELECT 1 FROM events AS k
    WHERE k.file_id = c.file_id AND k.position = c.position)
  GROUP BY c.file_id, c.position
) AS n
"""
"""Copies that the case has merged, and those that turned out to be copies of what was here."""
_COUNT_COPIES = """
UPDATE events SET copies = c.n FROM (
  SELECT e.event_key, count(c.copy_of) + 1 AS n
  FROM events AS e LEFT JOIN copies AS c ON c.copy_of = e.event_key GROUP BY e.event_key
) AS c
WHERE events.event_key = c.event_key AND events.copies IS DISTINCT FROM c.n
"""
