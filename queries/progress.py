"""Progress and cancelling of long work, shared by every thread that does a part of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Protocol


class Interruptible(Protocol):
    """What runs and can be stopped: a DuckDB cursor, or a statement on another engine."""

    def interrupt(self) -> None: ...


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
    to_fetch: int = 0
    """Objects of a bucket that are not in the cache yet, as far as is known; bytes of these, and
    what came so far."""
    to_fetch_bytes: int = 0
    fetched: int = 0
    fetched_bytes: int = 0
    reused: int = 0
    """Objects that are there from an earlier run."""
    not_fetched: int = 0
    """Objects that could not be had."""
    listing: bool = False
    """Whether a bucket is being listed: nothing was read yet."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, files: int = 0, stored: int = 0, records: int = 0, current: str = "") -> None:
        with self._lock:
            self.files_done += files
            self.bytes_done += stored
            self.records += records
            if current:
                self.current = current

    def arrived(self, size: int) -> None:
        """An object of so many bytes was fetched whole."""
        with self._lock:
            self.fetched += 1
            self.fetched_bytes += size

    def was_here(self, size: int) -> None:
        """An object of so many bytes, counted among those to fetch, is there already."""
        with self._lock:
            self.to_fetch -= 1
            self.to_fetch_bytes -= size
            self.reused += 1

    def missed(self) -> None:
        """An object could not be had."""
        with self._lock:
            self.not_fetched += 1


class CancelToken:
    """Stops work on request: loops ask `cancelled`, running DuckDB cursors are interrupted.

    Interrupting the parent connection does nothing for a child cursor (measured on DuckDB
    2.0.1), so each running cursor is registered here while it works.
    """

    def __init__(self, parent: CancelToken | None = None) -> None:
        """With a `parent`, this part of the work ends with the whole, too."""
        self._parent = parent
        self._event = threading.Event()
        # Ctrl+C is handled wherever the main thread is, be it in here.
        self._lock = threading.RLock()
        self._cursors: list[Interruptible] = []

    @property
    def cancelled(self) -> bool:
        return self._event.is_set() or (self._parent is not None and self._parent.cancelled)

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

    def watch(self, cursor: Interruptible) -> None:
        with self._lock:
            self._cursors.append(cursor)
            if self._event.is_set():
                cursor.interrupt()

    def release(self, cursor: Interruptible) -> None:
        with self._lock:
            if cursor in self._cursors:
                self._cursors.remove(cursor)
