"""Progress and cancelling of long work, shared by every thread that does a part of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import duckdb


@dataclass(slots=True)
class Progress:
    """Counters a screen can show while an index is built. Written under a lock, read freely."""

    stage: str = "looking for files"
    files_total: int = 0
    files_done: int = 0
    bytes_total: int = 0
    bytes_done: int = 0
    records: int = 0
    current: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, files: int = 0, stored: int = 0, records: int = 0, current: str = "") -> None:
        with self._lock:
            self.files_done += files
            self.bytes_done += stored
            self.records += records
            if current:
                self.current = current


class CancelToken:
    """Stops work on request: loops ask `cancelled`, running DuckDB cursors are interrupted.

    Interrupting the parent connection does nothing for a child cursor (measured on DuckDB
    2.0.1), so each running cursor is registered here while it works.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._cursors: list[duckdb.DuckDBPyConnection] = []

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def cancel(self) -> None:
        with self._lock:
            self._event.set()
            running = list(self._cursors)
            for cursor in running:
                cursor.interrupt()
        if running:
            # DuckDB forgets an interrupt that comes just before a statement begins to run.
            threading.Thread(target=self._insist, name="interrupt", daemon=True).start()

    def _insist(self) -> None:
        """Interrupt again until every cursor has been given back."""
        while True:
            time.sleep(0.02)
            with self._lock:
                if not self._cursors:
                    return
                for cursor in self._cursors:
                    cursor.interrupt()

    def watch(self, cursor: duckdb.DuckDBPyConnection) -> None:
        with self._lock:
            self._cursors.append(cursor)
            if self._event.is_set():
                cursor.interrupt()

    def release(self, cursor: duckdb.DuckDBPyConnection) -> None:
        with self._lock:
            if cursor in self._cursors:
                self._cursors.remove(cursor)
