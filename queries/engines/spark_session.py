"""A session on a Spark Connect server, or on Spark of this machine: how statements are run there,
stopped, followed, and fail in a sentence.

https://spark.apache.org/docs/latest/spark-connect-overview.html
"""

from __future__ import annotations

import os
import re
import socket
import tempfile
import threading
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from queries.case import Rows
from queries.engines.base import PAGE, Stop, spelled, without_lists
from queries.engines.spark_local import LocalSpark
from queries.engines.spark_sentences import NO_ANSWER, in_a_sentence
from queries.engines.spark_tasks import Tasks
from queries.errors import Cancelled, InvestigationError, WrongUsage, needs_extra
from queries.progress import CancelToken

LOCAL = "local"
_PORT = 15002
"""Where a Connect server listens if its address does not say."""
_PATIENCE = 10.0
"""Seconds to wait for a server to take a connection."""
_AGAIN = 0.5
_FIRST_TRIES, _TRIES = 5, 10
"""How often the client tries to reach the server, at first (a quarter of a minute) and later (a
minute): its own fifteen tries take more than ten."""
_LONGEST = 10_000
"""Milliseconds between two tries."""
_INTERRUPTED = "OPERATION_CANCELED"

_SETTINGS = {
    # A time is what it is in the log, UTC, whatever zone the server lives in.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    # "name" is a column and a wrong cast is an error, as in the other engines.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}
_WORDS = {"VARCHAR": "STRING", "array_to_string": "array_join"}
"""What else is called differently: all that the SQL files need."""
_ABSENT = (
    needs_extra("--engine spark", "spark")
    + ": that is for a Spark Connect server, the extra 'spark-local' for Spark on this machine"
)
_GLOB = re.compile(r"([\[\]{}*?\\])")


class SparkSession:
    """Settings and views in it are nobody else's. Safe to use from several threads."""

    def __init__(self, address: str) -> None:
        """`address`: `sc://host[:port][/;…]`, or `local`, `local[2]` and the like.

        Raises `WrongUsage` for an address that is none or an absent pyspark, `InvestigationError`
        when the server cannot be reached.
        """
        _check_address(address)
        self._tasks = Tasks(self._give_up)
        self._frames: list[Any] = []
        self._server: LocalSpark | None = None
        self._spool: tempfile.TemporaryDirectory[str] | None = None
        if address.startswith(LOCAL):
            _import_pyspark()
            self._spool = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
            self._server = LocalSpark(address, Path(self._spool.name))
        try:
            self.spark = _session(self._server.address if self._server else address)
            with in_a_sentence(_without_token(address)):
                for name, value in _SETTINGS.items():
                    self.spark.conf.set(name, value)
                self.spark.registerProgressHandler(self._tasks.heard)
            _retry(self.spark, _TRIES)
        except BaseException:
            self.close()
            raise

    @property
    def doing(self) -> str:
        """What the statement says that began first."""
        return self._tasks.words

    def close(self) -> None:
        self._tasks.close()
        with suppress(Exception):
            _retry(self.spark, 1)
            self._frames.clear()  # which lets Spark drop them
            self.spark.stop()
        if self._server is not None:
            self._server.stop()
        if self._spool is not None:
            self._spool.cleanup()

    @contextmanager
    def running(self, cancel: CancelToken | None) -> Iterator[None]:
        """A statement runs: it can be stopped, says how far it is, and fails in a sentence."""
        cancel = cancel or CancelToken()
        tag = f"ecr-{uuid.uuid4().hex}"
        over = threading.Event()

        def stop() -> None:
            # A statement that has not begun yet does not hear it.
            while not over.is_set():
                with suppress(Exception):
                    self.spark.interruptTag(tag)
                over.wait(_AGAIN)

        running = Stop(stop)
        self.spark.addTag(tag)
        cancel.watch(running)
        try:
            if cancel.cancelled:
                raise Cancelled("stopped")
            with in_a_sentence("spark", cancel):
                yield
        except InvestigationError as error:
            if _INTERRUPTED in str(error) and self._tasks.given_up:
                raise InvestigationError(self._tasks.given_up) from None
            if NO_ANSWER in str(error):
                _retry(self.spark, 0)  # whatever is to be put in order now need not try as long
            raise
        except (KeyboardInterrupt, GeneratorExit):
            # Nobody waits for the rest; the server would go on with it.
            with suppress(Exception):
                self.spark.interruptTag(tag)
            raise
        finally:
            over.set()
            cancel.release(running)
            with suppress(Exception):
                self.spark.removeTag(tag)

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """All rows of a statement, while it is `running`."""
        table = self._frame(sql, parameters).toArrow()
        columns = [column.to_pylist() for column in table.columns]
        return Rows(list(table.column_names), list(zip(*columns, strict=True)))

    def pages(
        self, sql: str, parameters: Mapping[str, Any] | None = None, size: int = PAGE
    ) -> Iterator[Rows]:
        """The same a page at a time."""
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

    def kept(self, select: str) -> Any:
        """The rows of a statement, worked out once (`keep`)."""
        return self.keep(self.spark.sql(select))

    def keep(self, frame: Any) -> Any:
        """The rows of a frame, worked out once and on the disks of Spark's machines until they are
        let go, or the session is closed; memory is for the questions. Spark forgets how they came
        about: it takes seconds to plan a question over all that a record went through, and each
        time again where rows are only cached. Two executors have each row, where there are two, so
        that one of them may go away; else `PartsLost` is raised when somebody asks for it."""
        from pyspark import StorageLevel
        from pyspark.sql.connect.dataframe import DataFrame

        made = frame.localCheckpoint(True, StorageLevel.DISK_ONLY_2)
        # pyspark gives it to the session that was made last.
        made._plan._spark_session = self.spark
        kept = DataFrame(made._plan, self.spark)
        self._frames.append(kept)
        return kept

    def let_go(self, kept: Any) -> None:
        """Let Spark drop what it has kept."""
        self._frames.remove(kept)

    def is_there(self, path: str, cancel: CancelToken | None = None) -> bool:
        """Whether there is anything at a path of Spark's. It is only listed: to look into a file,
        as for the columns of Parquet, takes a machine, and asking so can neither be followed nor
        stopped."""
        try:
            with self.running(cancel):
                self.spark.read.format("binaryFile").load(path).schema  # noqa: B018
        except InvestigationError as error:
            if "PATH_NOT_FOUND" in str(error):
                return False
            raise
        return True

    def view(self, name: str, select: str) -> None:
        """Make a statement known under a name."""
        self.spark.sql(select).createOrReplaceTempView(name)

    def _frame(self, sql: str, parameters: Mapping[str, Any] | None) -> Any:
        sql, bound = without_lists(sql, parameters or {})
        text = spelled(sql, marker=lambda name: f":{name}", words=_WORDS)
        values = {name: _as_bound(value) for name, value in bound.items()}
        return self.spark.sql(text, args=values)

    def _give_up(self, operation: str) -> None:
        with suppress(Exception):
            self.spark.interruptOperation(operation)


def _as_bound(value: Any) -> Any:
    """A value as Spark takes it. It would take a time without a zone for one of this machine's."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value


def as_spark_path(path: str) -> str:
    """A path as Spark's readers take it: one of this machine in full, and what would be a pattern
    stands for itself. (They do not decode `%20`.)"""
    if "://" not in path:
        path = f"file:///{Path(path).expanduser().absolute().as_posix().lstrip('/')}"
    return _GLOB.sub(r"\\\1", path)


def _check_address(address: str) -> None:
    if re.fullmatch(r"local(\[(\*|\d+)\])?", address):
        return
    if not re.match(r"sc://[^/\s;]+", address):
        raise WrongUsage(
            f"--spark {address}: give sc://host:port of a Spark Connect server, or local[2]"
        )


def _session(address: str) -> Any:
    _import_pyspark()
    from pyspark.sql import SparkSession as Session

    _check_reachable(address)
    _quiet()
    try:
        with in_a_sentence(_without_token(address)):
            session = Session.builder.remote(address).create()
            _retry(session, _FIRST_TRIES)
            return session
    except ImportError as error:
        raise WrongUsage(f"{_ABSENT} ({error})") from None
    except (OSError, RuntimeError) as error:
        raise InvestigationError(f"{_without_token(address)}: no session ({error})") from None


def _retry(session: Any, tries: int) -> None:
    from pyspark.sql.connect.client.retries import DefaultPolicy

    session.client.set_retry_policies([DefaultPolicy(max_retries=tries, max_backoff=_LONGEST)])


def _import_pyspark() -> None:
    # What gRPC has to say of a connection goes to standard error, into the middle of a screen.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
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
    warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]")


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
