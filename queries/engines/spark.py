"""Apache Spark over a converted folder: a Spark Connect server, or Spark on this machine.

The folder is named as the server sees it: `s3a://bucket/converted`, `hdfs://…`, or a path that both
machines have. https://spark.apache.org/docs/latest/spark-connect-overview.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
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
from queries.engines.base import PAGE, relations_in
from queries.engines.duckdb import actors_of_days
from queries.engines.extent import Extent
from queries.engines.spark_sentences import in_a_sentence
from queries.engines.spark_session import SparkSession, as_spark_path
from queries.errors import InvestigationError, WrongUsage
from queries.progress import CancelToken

_TYPES = {
    "VARCHAR": "STRING",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "INTEGER": "INT",
    "VARCHAR[]": "ARRAY<STRING>",
}
"""DuckDB's names of types in Spark's words; the others are called the same."""

_NAMES = frozenset({*RELATIONS, *VIEWS})


class SparkEngine:
    """Reads the folder through Spark; relations become known when a statement first names them."""

    name = "spark"

    def __init__(
        self, address: str, folder: str, extent: Extent, session: SparkSession | None = None
    ) -> None:
        """`address`: see `SparkSession`, or a session of it that is open, which is then closed
        with the engine.

        Raises `WrongUsage` for a folder that is none, `InvestigationError` when it cannot be read.
        """
        if "://" not in folder:
            check_converted(Path(folder))
        self.extent = extent
        self._named = folder.rstrip("/")
        self._folder = as_spark_path(self._named)
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._session = session or SparkSession(address)
        self._spark = self._session.spark
        try:
            self._check_folder()
        except BaseException:
            if session is None:
                self.close()
            raise

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
    ) -> Rows:
        with self._session.running(cancel):
            self._make_known(relations_in(sql, _NAMES))
            return self._session.ask(sql, parameters)

    def pages(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
        size: int = PAGE,
    ) -> Iterator[Rows]:
        with self._session.running(cancel):
            self._make_known(relations_in(sql, _NAMES))
            yield from self._session.pages(sql, parameters, size)

    def provide(self, relation: str, columns: Sequence[tuple[str, str]], file: str) -> None:
        """Make a Parquet file known as one more relation, or in the place of one; types as DuckDB
        calls them."""
        types = ", ".join(f"`{name}` {_TYPES.get(kind, kind)}" for name, kind in columns)
        with self._lock, in_a_sentence(self.name):
            self._spark.read.schema(types).parquet(file).createOrReplaceTempView(relation)
            self._known.add(relation)

    def keep(self, relation: str) -> None:
        """Have Spark keep what it reads of a relation in its memory, for whoever asks."""
        self._make_known({relation})
        with self._lock, in_a_sentence(self.name):
            self._spark.catalog.cacheTable(_stored(relation))

    def plan(self, sql: str, parameters: Mapping[str, Any] | None = None) -> str:
        """How Spark would go about a statement, as it says itself (EXPLAIN)."""
        with self._session.running(None):
            self._make_known(relations_in(sql, _NAMES))
            return str(self._session.ask(f"EXPLAIN {sql}", parameters).rows[0][0])

    @property
    def doing(self) -> str:
        return self._session.doing

    def close(self) -> None:
        self._session.close()

    # --- inside --------------------------------------------------------------------------------

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
        files = _stored(relation)
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
                    f"{self._named}: is not there for the server, was not written by 'convert', or"
                    " a conversion was stopped"
                ) from None
            raise
        if not rows:
            raise WrongUsage(
                f"{self._named}: a conversion is going on or was stopped; run 'convert' again"
            )
        if rows != [(str(SCHEMA_VERSION),)]:
            raise WrongUsage(
                f"{self._named}: was written by another version; convert into a new folder"
            )


def _stored(relation: str) -> str:
    """The view of all that is in the files of a relation."""
    return f"stored_{relation}"


def is_there(session: SparkSession, folder: str) -> bool:
    """Whether a converted folder is at a place that only the server sees."""
    return session.is_there(f"{as_spark_path(folder.rstrip('/'))}/meta")
