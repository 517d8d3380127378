"""A case whose questions are answered by an engine over a converted folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import duckdb

from queries.case import Case, Rows
from queries.converted.layout import RELATIONS, VIEWS, columns_of
from queries.database import connect
from queries.engines.base import Engine
from queries.errors import InvestigationError
from queries.index.identifiers import insertion
from queries.index.rows import insert_rows
from queries.index.schema import create_tables
from queries.index_file import item_of_row
from queries.progress import CancelToken
from queries.sources.local import Item

MOST_COPIED = 1_000_000
"""Events that are brought here for what only DuckDB can do: the rules, statements of one's own."""

_ITEM = "SELECT name, path, size, modified, member FROM files WHERE file_id = $id"


class EngineCase(Case):
    """Asks its engine. What wants a DuckDB connection (rules, the SQL prompt, exports) gets that of
    the embedded engine, or a copy of the extent in memory."""

    def __init__(self, engine: Engine, folder: str) -> None:
        self.engine = engine
        self.around: Callable[[], AbstractContextManager[None]] = nullcontext
        """Goes around each question; a command shows progress in it."""
        self.at_end: Callable[[], None] = lambda: None
        """Is called when the case is closed."""
        self._copy: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()
        own: Any = getattr(engine, "connection", None)
        self._own: duckdb.DuckDBPyConnection | None = own
        super().__init__(connection=own, path=Path(folder), totals={}, from_cache=True)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """DuckDB over the same rows; raises `InvestigationError` when that would be too many."""
        if self._own is not None:
            return self._own
        if derived := getattr(self.engine, "derived", None):
            made: duckdb.DuckDBPyConnection = derived().connection
            return made
        with self._lock:
            if self._copy is None:
                self._copy = self._copied()
            return self._copy

    @connection.setter
    def connection(self, value: duckdb.DuckDBPyConnection) -> None:
        """The base class sets what it is given."""

    @property
    def doing(self) -> str:
        return self.engine.doing

    @property
    def reads(self) -> str:
        bill = getattr(self.engine, "bill", "")
        return ": ".join(
            part for part in (self.engine.name, self.engine.extent.words, bill) if part
        )

    @property
    def fixed(self) -> str:
        return "this folder has what was converted: convert the evidence again, and open it again"

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
    ) -> Rows:
        with self.around():
            return self.engine.ask(sql, parameters, cancel)

    def item(self, file_id: int) -> Item:
        if fetched := getattr(self.engine, "item", None):
            own: Item = fetched(file_id)
            return own
        found = self.ask(_ITEM, {"id": file_id}).rows
        if not found:
            raise InvestigationError(f"file {file_id} is not part of this folder")
        item = item_of_row(found[0])
        if not item.path.exists():
            raise InvestigationError(
                f"{item.name}: the record is in this file, which is not here; a converted folder"
                " has the events and not their raw records"
            )
        return item

    def items(self, file_ids: Sequence[int]) -> list[Item]:
        return [self.item(file_id) for file_id in file_ids]

    def close(self) -> None:
        self.engine.close()
        self.at_end()
        if self._copy is not None:
            self._copy.close()
        self.marks.close()

    def _copied(self) -> duckdb.DuckDBPyConnection:
        [(events,)] = self.ask("SELECT count(*) FROM events").rows
        if events > MOST_COPIED:
            raise InvestigationError(
                f"this is worked out here and not by {self.engine.name}, and {events:,} events are"
                f" more than the {MOST_COPIED:,} that are fetched for it: give a shorter time or"
                " fewer accounts"
            )
        copy = connect(config={"memory_limit": "600MB"})
        try:
            create_tables(copy)
            for relation in (*RELATIONS, *VIEWS):
                names = ", ".join(f'"{name}"' for name, _ in columns_of(relation))
                pages = self.engine.pages(f"SELECT {names} FROM {relation}")  # noqa: S608
                with self.around():
                    for page in pages:
                        if relation == "events":
                            _insert_events(copy, names, page.rows)
                        else:
                            insert_rows(copy, relation, page.rows)
            copy.execute("SET enable_external_access = false; SET lock_configuration = true")
        except BaseException:
            copy.close()
            raise
        return copy


def _insert_events(
    copy: duckdb.DuckDBPyConnection, names: str, rows: Sequence[Sequence[Any]]
) -> None:
    """Rows of events as every engine has them into an index's table."""
    copy.execute(f"CREATE TEMP TABLE arrived AS SELECT {names} FROM events LIMIT 0")  # noqa: S608
    insert_rows(copy, "arrived", rows)
    copy.execute(f"{insertion('FROM arrived')}; DROP TABLE arrived")
