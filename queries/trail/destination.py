"""A converted folder that Spark's workers write, on any file system that the server sees.

A client of Spark Connect can have files written and a folder overwritten, but renames and deletes
nothing. So a change is made in two steps. What becomes other than it is, whole relations and whole
partitions, is written into a folder of `_pending`, and a list of it last of all: until then the
folder is what it was, and what is in `_pending` counts for nothing. Then `meta` goes, everything is
put into its place from there, and `meta` comes last. Whoever finds a list in `_pending` puts
everything into its place once more.

Clients of one server take turns (`queries.trail.claim`). Those of several notice each other: each
writes into a folder of its own in `_pending`, and before a change is listed, the folder must still
be what it follows from, and nobody else have begun one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb

from queries.converted.layout import (
    IN_PARTITIONS,
    NO_VALUE,
    PARTITIONS,
    SCHEMA_VERSION,
    described,
    stored_columns,
)
from queries.engines.spark_session import SparkSession, as_spark_path
from queries.errors import WrongUsage
from queries.progress import CancelToken
from queries.trail.claim import Claim
from queries.trail.records import described_for_spark, frame_of
from queries.trail.translation import spark_type

Partition = tuple[str | None, str | None, str | None]
"""The names of the folders of one: account, region and date."""

NAMES = tuple(name for name, _ in PARTITIONS)
_BY = ", ".join(f'"{name}"' for name in NAMES)
PENDING = "_pending"
_CHANGE = "change"
_FILE = 5_000_000
"""Keys of events in one file of a partition."""
_SLICE = 100_000
"""Rows of this machine that go to Spark in one piece."""


class Destination:
    """The relations of a folder, and a change of them. Statements run for `cancel`."""

    def __init__(self, session: SparkSession, named: str, cancel: CancelToken) -> None:
        self.session = session
        self.named = named.rstrip("/")
        self.here = Path(named) if "://" not in named else None
        """Where it is on this machine, if it is."""
        self._root = as_spark_path(self.named)
        self._cancel = cancel
        self._claim = Claim(session, self._root, self.named)
        self._change: dict[str, Any] = {}
        self._before: dict[str, str] = {}

    def claimed(self) -> AbstractContextManager[None]:
        """No other client of the server changes the folder. Raises `WrongUsage` where one does."""
        return self._claim.held()

    # --- what is there -------------------------------------------------------------------------

    def meta(self) -> dict[str, str]:
        """What the folder says of itself; empty where there is none that is whole. Raises
        `WrongUsage` for one with other columns than this version has."""
        said = self._before = self._meta()
        if said and (
            said.get("schema_version") != str(SCHEMA_VERSION)
            or json.loads(said.get("relations", "null")) != described()["relations"]
        ):
            raise WrongUsage(
                f"{self.named}: has other columns than this version writes, or was not written by"
                " Spark; convert into a new folder"
            )
        return said

    def partitions(self) -> dict[Partition, int]:
        """The partitions of `events`, and how many each has."""
        if not self.has("events"):
            return {}
        with self.session.running(self._cancel):
            self.read("events").createOrReplaceTempView("of_partitions")
            rows = self.session.ask(
                f"SELECT {_BY}, count(*) FROM of_partitions GROUP BY {_BY}"  # noqa: S608
            ).rows
        return {(account, region, date): count for account, region, date, count in rows}

    def has(self, relation: str) -> bool:
        """Whether there is a folder of a relation."""
        return self.session.is_there(f"{self._root}/{relation}", self._cancel)

    def read(self, relation: str, *, pending: bool = False) -> Any:
        """A relation as a frame, with the names of its partitions where it is in some."""
        return self._reader(relation).parquet(self._place(relation, pending=pending))

    def read_partitions(self, partitions: Iterable[Partition]) -> Any:
        """Some partitions of `events`, which are there."""
        reader = self._reader("events").option("basePath", self._place("events"))
        return reader.parquet(*(self._place("events", part) for part in partitions))

    def rows(self, relation: str) -> Any:
        """All of a relation that is small, as a table of Arrow's."""
        with self.session.running(self._cancel):
            return self.read(relation).toArrow()

    def nothing(self, relation: str) -> Any:
        """The relation without rows."""
        return self.session.spark.createDataFrame([], self._types(relation))

    # --- a change ------------------------------------------------------------------------------

    def begin(self) -> None:
        """Whatever is in `_pending` counts for nothing any more, and goes. Raises `WrongUsage`
        where the folder is not what it was when `meta` was read."""
        self._check("relations" not in self._said_change())
        name = uuid.uuid4().hex
        self._change = {"id": name, "place": f"{PENDING}/{name}", "relations": [], "emptied": []}
        with self.session.running(self._cancel):
            self._overwrite(self.nothing("meta"), f"{self._root}/{PENDING}")
        self._say({"id": name})

    def put(self, relation: str, frame: Any) -> None:
        """What a relation is to become, or the partitions of one that is in some."""
        with self.session.running(self._cancel):
            if relation in IN_PARTITIONS:
                # A day of very many events is several files, and sorted by several tasks.
                part = [_column(f"event_key div {_FILE}")] if relation == "events" else []
                frame = frame.repartition(*NAMES, *part)
            self._write(relation, frame, pending=True)
        self._change["relations"].append(relation)

    def put_rows(
        self, relation: str, rows: duckdb.DuckDBPyRelation, hashes: dict[str, str] | None = None
    ) -> None:
        """What a relation is to become, from rows of this machine. Nothing is written where it is
        that already, which `hashes` say, and are told."""
        types = described_for_spark(rows)
        table = rows.to_arrow_table()
        if hashes is not None:
            before, hashes[relation] = hashes.get(relation), _hash(table)
            if hashes[relation] == before:
                return
        mode = "overwrite"
        for batch in _slices(table):
            with self.session.running(self._cancel):
                frame = frame_of(self.session, batch, types).coalesce(1)
                self._write(relation, frame, pending=True, mode=mode)
            mode = "append"
        self._change["relations"].append(relation)

    def commit(self, emptied: Sequence[Partition] = ()) -> None:
        """Make the change happen: from here on it is finished, by whoever comes next if need be.
        `emptied`: partitions that are left without events. Raises `WrongUsage` where somebody else
        has begun a change."""
        self._check(self._said_change().get("id") == self._change["id"])
        self._change["emptied"] = [list(part) for part in emptied]
        self._say(self._change)
        self._put_in_place(self._change)

    def finish(self) -> bool:
        """Finish a change that was stopped; returns whether there was one."""
        change = self._said_change()
        if "relations" not in change:
            return False
        self._change = change
        self._put_in_place(change)
        return True

    # --- inside --------------------------------------------------------------------------------

    def _check(self, nobody_else: bool) -> None:
        self._claim.check()
        if not nobody_else or self._meta() != self._before:
            raise WrongUsage(
                f"{self.named}: another conversion has written into it meanwhile, or does so now;"
                " run this again when nobody does"
            )

    def _meta(self) -> dict[str, str]:
        return self._said("meta", "key STRING, value STRING", "key")

    def _put_in_place(self, change: dict[str, Any]) -> None:
        """What is done to the folder can be done again from its beginning."""
        with self.session.running(self._cancel):
            self._open_up()
            for relation in (name for name in change["relations"] if name != "meta"):
                self._claim.check()  # this machine may have slept meanwhile
                self._write(relation, self.read(relation, pending=True))
            for part in change["emptied"]:
                for relation in IN_PARTITIONS:
                    self._empty(relation, tuple(part))
            self._write("meta", self.read("meta", pending=True))
            self._say({})
            if self.here is None:
                self._overwrite(self.nothing("meta"), f"{self._root}/{change['place']}")
        if self.here is not None:
            shutil.rmtree(self.here / PENDING, ignore_errors=True)

    def _open_up(self) -> None:
        """From here on until `meta` is written again, the folder is not whole."""
        if self.here is not None:
            shutil.rmtree(self.here / "meta", ignore_errors=True)
        else:
            self._overwrite(self.nothing("meta"), self._place("meta"))

    def _empty(self, relation: str, part: Partition) -> None:
        self._overwrite(self.nothing(relation).drop(*NAMES), self._place(relation, part))

    def _write(
        self, relation: str, frame: Any, *, pending: bool = False, mode: str = "overwrite"
    ) -> None:
        if relation in IN_PARTITIONS:
            order: list[Any] = []
            if relation == "events":
                order = [_column("event_time").asc_nulls_last(), "event_key"]
            frame = frame.sortWithinPartitions(*NAMES, *order)
        writer = frame.write.mode(mode).option("compression", "zstd")
        if relation in IN_PARTITIONS:
            writer = writer.partitionBy(*NAMES)
            writer = writer.option("partitionOverwriteMode", "static" if pending else "dynamic")
        writer.parquet(self._place(relation, pending=pending))

    def _say(self, change: dict[str, Any]) -> None:
        """The name of a change: what it consists of, or that there is none."""
        frame = self.session.spark.createDataFrame([(json.dumps(change),)], "value STRING")
        with self.session.running(self._cancel):
            self._overwrite(frame.coalesce(1), f"{self._root}/{PENDING}/{_CHANGE}")

    def _said_change(self) -> dict[str, Any]:
        said = self._said(f"{PENDING}/{_CHANGE}", "value STRING", None)
        change: dict[str, Any] = json.loads(said.get("", "{}"))
        return change

    def _said(self, place: str, types: str, key: str | None) -> dict[str, str]:
        if not self.session.is_there(f"{self._root}/{place}", self._cancel):
            return {}
        with self.session.running(self._cancel):
            reader = self.session.spark.read.option("ignoreCorruptFiles", "false").schema(types)
            rows = reader.parquet(f"{self._root}/{place}").toArrow()
        return {row.get(key, ""): row["value"] for row in rows.to_pylist()}

    def _overwrite(self, frame: Any, place: str) -> None:
        frame.write.mode("overwrite").option("compression", "zstd").parquet(place)

    def _reader(self, relation: str) -> Any:
        # A trail's files may be broken, and are passed over then. Not these.
        reader = self.session.spark.read.option("ignoreCorruptFiles", "false")
        return reader.schema(self._types(relation))

    def _types(self, relation: str) -> str:
        stored = [(name, spark_type(kind)) for name, kind in stored_columns(relation)]
        if relation in IN_PARTITIONS:
            stored += [(name, "STRING") for name in NAMES]
        return ", ".join(f"`{name}` {kind}" for name, kind in stored)

    def _place(self, relation: str, part: Partition | None = None, *, pending: bool = False) -> str:
        top = f"{self._root}/{self._change['place']}" if pending else self._root
        names = zip(NAMES, part or (), strict=False)
        folders = "".join(f"/{name}={NO_VALUE if v is None else v}" for name, v in names)
        return f"{top}/{relation}{folders}"


def partition_of(events: str = "") -> str:
    """The names of an event's partition as columns, in Spark's words.

    An account or region that could not be a folder's name as it is (it comes from logs) is written
    with its hash behind it. Spark takes a text without letters for no value.
    """
    prefix = f"{events}." if events else ""

    def named(column: str) -> str:
        value = f"{prefix}{column}"
        odd = f"{value} RLIKE '[^A-Za-z0-9._-]' OR length({value}) > 60"
        safe = f"regexp_replace(left({value}, 40), '[^A-Za-z0-9._-]', '_')"
        return (
            f"CASE WHEN {value} = '' THEN NULL WHEN {odd}"
            f" THEN concat({safe}, '~', left(sha2({value}, 256), 16)) ELSE {value} END"
        )

    return (
        f"{named('recipient_account_id')} AS account, {named('aws_region')} AS region,"
        f' CAST(CAST({prefix}event_time AS DATE) AS STRING) AS "date"'
    )


def _column(sql: str) -> Any:
    from pyspark.sql.connect.functions import expr

    return expr(sql)


def _hash(table: Any) -> str:
    """Of the rows of a table, in their order. Equal rows may have another one where Arrow lays them
    out otherwise; others never have the same."""
    found = hashlib.sha256(str(table.schema).encode())
    for column in table.combine_chunks().columns:
        for chunk in column.chunks:
            found.update(f"{len(chunk)} {chunk.offset}".encode())
            for buffer in chunk.buffers():
                found.update(f" {buffer.size if buffer else -1} ".encode())
                found.update(buffer or b"")
    return found.hexdigest()


def _slices(table: Any) -> Iterable[Any]:
    """A table of Arrow's in pieces, at least one."""
    for start in range(0, max(1, table.num_rows), _SLICE):
        yield table.slice(start, _SLICE)
