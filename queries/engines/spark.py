"""Apache Spark over a converted folder: a Spark Connect server, or Spark on this machine.

The folder is named as the server sees it: `s3a://bucket/converted`, `hdfs://…`, or a path that both
machines have. https://spark.apache.org/docs/latest/spark-connect-overview.html
"""

from __future__ import annotations

import re
import socket
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from queries.case import Rows
from queries.converted.layout import (
    IN_PARTITIONS,
    PARTITIONS,
    RELATIONS,
    SCHEMA_VERSION,
    VIEWS,
    WHOLE,
    check_converted,
    columns_of,
    stored_columns,
    view_of_events,
)
from queries.engines.base import PAGE, Doing, Stop, relations_in, spelled, without_lists
from queries.engines.duckdb import actors_of_days
from queries.engines.extent import Extent
from queries.engines.spark_local import LocalSpark
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.progress import CancelToken

LOCAL = "local"
_PORT = 15002
"""Where a Connect server listens if its address does not say."""
_PATIENCE = 10.0
"""Seconds to wait for a server to take a connection."""
_AGAIN = 0.5

_SETTINGS = {
    # A time is what it is in the log, UTC, whatever zone the server lives in.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    # "name" is a column and a wrong cast is an error, as in the other engines.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}
_TYPES = {
    "VARCHAR": "STRING",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "INTEGER": "INT",
    "VARCHAR[]": "ARRAY<STRING>",
}
"""DuckDB's names of types in Spark's words; the others are called the same."""

_WORDS = {"VARCHAR": "STRING", "array_to_string": "array_join"}
"""What else is called differently: all that the SQL files need."""
_NAMES = frozenset({*RELATIONS, *VIEWS})
_ABSENT = (
    "--engine spark needs pyspark: pip install 'ecr-investigate[spark]' for a Spark Connect server,"
    " 'ecr-investigate[spark-local]' for Spark on this machine"
)


class SparkEngine:
    """Reads the folder through Spark; relations become known when a statement first names them."""

    name = "spark"

    def __init__(self, address: str, folder: str, extent: Extent) -> None:
        """`address`: `sc://host[:port][/;…]`, or `local`, `local[2]` and the like.

        Raises `WrongUsage` for an address that is none, a folder that is none, or an absent
        pyspark; `InvestigationError` when the server cannot be reached or the folder not be read.
        """
        _check_address(address)
        here = Path(folder)
        if "://" not in folder:
            check_converted(here)
            folder = here.absolute().as_uri()
        self.extent = extent
        self._folder = folder.rstrip("/")
        self._doing = Doing()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._server: LocalSpark | None = None
        self._spool: tempfile.TemporaryDirectory[str] | None = None
        if address.startswith(LOCAL):
            _import_pyspark()
            self._spool = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
            self._server = LocalSpark(address, Path(self._spool.name))
        try:
            self._spark = _session(self._server.address if self._server else address)
            with _in_a_sentence(_without_token(address)):
                for name, value in _SETTINGS.items():
                    self._spark.conf.set(name, value)
                self._spark.registerProgressHandler(self._heard)
            self._check_folder()
        except BaseException:
            self.close()
            raise

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
    ) -> Rows:
        with self._running(cancel):
            table = self._frame(sql, parameters).toArrow()
            columns = [column.to_pylist() for column in table.columns]
            return Rows(list(table.column_names), list(zip(*columns, strict=True)))

    def pages(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
        size: int = PAGE,
    ) -> Iterator[Rows]:
        with self._running(cancel):
            frame = self._frame(sql, parameters)
            columns = list(frame.columns)
            page: list[tuple[Any, ...]] = []
            first = True
            for row in frame.toLocalIterator(prefetchPartitions=True):
                page.append(tuple(row))
                if len(page) == size:
                    yield Rows(columns, page)
                    page, first = [], False
            if page or first:
                yield Rows(columns, page)

    def provide(self, relation: str, columns: Sequence[tuple[str, str]], file: str) -> None:
        """Make a Parquet file known as one more relation, or in the place of one; types as DuckDB
        calls them."""
        types = ", ".join(f"`{name}` {_TYPES.get(kind, kind)}" for name, kind in columns)
        with self._lock, _in_a_sentence(self.name):
            self._spark.read.schema(types).parquet(file).createOrReplaceTempView(relation)
            self._known.add(relation)

    def plan(self, sql: str, parameters: Mapping[str, Any] | None = None) -> str:
        """How Spark would go about a statement, as it says itself (EXPLAIN)."""
        with self._running(None):
            frame = self._frame(f"EXPLAIN {sql}", parameters)
            return str(frame.collect()[0][0])

    @property
    def doing(self) -> str:
        return self._doing.words

    def close(self) -> None:
        with suppress(Exception):
            self._spark.stop()
        if self._server is not None:
            self._server.stop()
        if self._spool is not None:
            self._spool.cleanup()

    # --- inside --------------------------------------------------------------------------------

    def _frame(self, sql: str, parameters: Mapping[str, Any] | None) -> Any:
        self._make_known(relations_in(sql, _NAMES))
        sql, bound = without_lists(sql, parameters or {})
        text = spelled(sql, marker=lambda name: f":{name}", words=_WORDS)
        values = {name: _as_bound(value) for name, value in bound.items()}
        return self._spark.sql(text, args=values)

    def _make_known(self, relations: set[str]) -> None:
        """Views of the folders. Spark lists a folder's files once, when its view is made."""
        if relations.intersection(VIEWS):
            relations |= {"events"}
        with self._lock:
            for relation in sorted(relations - self._known, key=lambda name: name in VIEWS):
                is_view = relation in VIEWS
                select = view_of_events(relation) if is_view else self._select(relation)
                self._spark.sql(select).createOrReplaceTempView(relation)
                self._known.add(relation)

    def _select(self, relation: str) -> str:
        """A relation within the extent, of its files with declared types: Spark would take an
        account for a number, and drop its zeros."""
        stored = stored_columns(relation)
        if relation in IN_PARTITIONS:
            stored = (*stored, *PARTITIONS)
        types = ", ".join(f"`{name}` {_TYPES.get(kind, kind)}" for name, kind in stored)
        files = f"stored_{relation}"
        reader = self._spark.read.schema(types)
        reader.parquet(f"{self._folder}/{relation}").createOrReplaceTempView(files)
        conditions = [] if relation in WHOLE else self.extent.conditions()
        source = f"{files} WHERE {' AND '.join(conditions)}" if conditions else files
        if relation == "actors":
            return actors_of_days(source)
        names = ", ".join(f'"{name}"' for name, _ in columns_of(relation))
        return f"SELECT {names} FROM {source}"  # noqa: S608

    def _check_folder(self) -> None:
        """For a folder that only the server sees, what was checked here for one of this machine."""
        try:
            rows = self.ask('SELECT "value" FROM meta WHERE "key" = \'schema_version\'').rows
        except InvestigationError as error:
            if "PATH_NOT_FOUND" in str(error):
                raise WrongUsage(
                    f"{self._folder}: is not there for the server, was not written by 'convert', or"
                    " a conversion was stopped"
                ) from None
            raise
        if rows != [(str(SCHEMA_VERSION),)]:
            raise WrongUsage(
                f"{self._folder}: was written by another version; convert into a new folder"
            )

    @contextmanager
    def _running(self, cancel: CancelToken | None) -> Iterator[None]:
        """A statement runs: it can be stopped, says how far it is, and fails in a sentence."""
        cancel = cancel or CancelToken()
        tag = f"ecr-{uuid.uuid4().hex}"
        over = threading.Event()

        def stop() -> None:
            # A statement that has not begun yet does not hear it.
            while not over.is_set():
                with suppress(Exception):
                    self._spark.interruptTag(tag)
                over.wait(_AGAIN)

        running = Stop(stop)
        self._spark.addTag(tag)
        cancel.watch(running)
        try:
            if cancel.cancelled:
                raise Cancelled("stopped")
            with _in_a_sentence("spark", cancel):
                yield
        except (KeyboardInterrupt, GeneratorExit):
            # Nobody waits for the rest; the server would go on with it.
            with suppress(Exception):
                self._spark.interruptTag(tag)
            raise
        finally:
            over.set()
            cancel.release(running)
            with suppress(Exception):
                self._spark.removeTag(tag)

    def _heard(self, stages: Any, inflight_tasks: int, operation_id: str, done: bool) -> None:
        """Spark says how far a statement is."""
        if done or operation_id is None:
            self._doing.over(operation_id)
            return
        tasks = sum(stage.num_tasks for stage in stages or ())
        ended = sum(stage.num_completed_tasks for stage in stages or ())
        read = sum(stage.num_bytes_read for stage in stages or ())
        self._doing.say(
            operation_id, f"spark: {ended:,} of {tasks:,} tasks, {read / (1 << 20):,.1f} MiB read"
        )


def _as_bound(value: Any) -> Any:
    """A value as Spark takes it. It would take a time without a zone for one of this machine's."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value


@contextmanager
def _in_a_sentence(what: str, cancel: CancelToken | None = None) -> Iterator[None]:
    """Errors of Spark become one sentence, or `Cancelled` where somebody wanted that."""
    from pyspark.errors import PySparkException

    try:
        yield
    except Exception as error:
        if not isinstance(error, PySparkException) and type(error).__module__.split(".")[0] not in (
            "grpc",
            "pyspark",
        ):
            raise
        if cancel is not None and cancel.cancelled:
            raise Cancelled("stopped") from None
        raise InvestigationError(f"{what}: {_first_sentence(error)}") from None


def _first_sentence(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0] if lines else type(error).__name__
    return re.sub(r"\s+SQLSTATE: \w+.*$", "", said)


def _check_address(address: str) -> None:
    if re.fullmatch(r"local(\[(\*|\d+)\])?", address):
        return
    if not re.match(r"sc://[^/\s;]+", address):
        raise WrongUsage(
            f"--spark {address}: give sc://host:port of a Spark Connect server, or local[2]"
        )


def _session(address: str) -> Any:
    """A session of its own, so that settings and views are nobody else's."""
    _import_pyspark()
    from pyspark.sql import SparkSession

    _check_reachable(address)
    _quiet()
    try:
        with _in_a_sentence(_without_token(address)):
            return SparkSession.builder.remote(address).create()
    except ImportError as error:
        raise WrongUsage(f"{_ABSENT} ({error})") from None
    except (OSError, RuntimeError) as error:
        raise InvestigationError(f"{_without_token(address)}: no session ({error})") from None


def _import_pyspark() -> None:
    try:
        import pyspark.sql  # noqa: F401
    except ImportError:
        raise WrongUsage(_ABSENT) from None


def _without_token(address: str) -> str:
    """An address to be shown: what stands behind the host may be a secret."""
    return "/".join(address.split("/")[:3])


def _quiet() -> None:
    """pyspark writes each error of a statement on standard error, with the stack of the server;
    what a person has to know is raised as well."""
    try:
        from pyspark.logger import PySparkLogger
    except ImportError:
        return
    PySparkLogger.getLogger("SQLQueryContextLogger").disabled = True


def _check_reachable(address: str) -> None:
    """The client would try for minutes."""
    if not address.startswith("sc://"):
        return
    place = address.removeprefix("sc://").split("/")[0]
    host, _, port = place.rpartition(":") if re.search(r":\d+$", place) else (place, "", "")
    try:
        socket.create_connection((host.strip("[]"), int(port or _PORT)), _PATIENCE).close()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        shown = _without_token(address)
        raise InvestigationError(f"{shown}: no Spark Connect server answers ({reason})") from None
