"""Objects to files, many at a time and in their order, so that reading can begin at once.

Whoever needs an object waits for it alone. An object that is in the store already is not fetched;
one that cannot be had has its fault, and the others go on. A fault that all others would meet too
ends the transfer: what is left gets the same sentence, and is fetched by the next run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from queries.progress import CancelToken, Progress
from queries.sources.buckets.faults import (
    CUT,
    DISK,
    NETWORK,
    STOPPED,
    BodyCut,
    Fault,
    NotFetched,
    ObjectChanged,
)
from queries.sources.buckets.model import Body, Door, S3Object
from queries.sources.buckets.store import EvidenceStore

_CHUNK = 1 << 20
_TRIES = 3
"""Transfers of one object that break off in the middle; boto3 only repeats those that fail before
their first byte."""
_IN_A_ROW = 24
"""Objects in a row without connection after which the network is given up."""
_SPARE = 256 << 20
"""Bytes of the disk that are left alone."""

_OPEN, _SETTLED = 0, 1

Halted = Callable[[], bool]

NOT_ASKED = Fault(STOPPED, "was not fetched: the transfer was stopped before it")


class Transfer:
    """Fetches a list of objects into a store on some threads; `doors` gives a scheme's door."""

    def __init__(
        self,
        doors: Callable[[str], Door],
        threads: int,
        store: EvidenceStore,
        objects: Sequence[S3Object],
        cancel: CancelToken,
        progress: Progress | None = None,
    ) -> None:
        self._doors = doors
        self._most = threads
        self._store = store
        self._objects = objects
        self._cancel = cancel
        self._progress = progress or Progress()
        # One byte for an object, because there may be a million of them.
        self._states = bytearray(len(objects))
        self._faults: dict[int, Fault] = {}
        self._next = 0
        self._end: Fault | None = None
        self._stopped = False
        self._no_connection = 0
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin. Raises `NotFetched` when the disk is too small for what is missing."""
        missing = needed = 0
        for entry in self._objects:
            if not self._store.has(entry):
                missing += 1
                needed += entry.size
        self._progress.to_fetch, self._progress.to_fetch_bytes = missing, needed
        self._progress.reused = len(self._objects) - missing
        free = shutil.disk_usage(self._store.folder).free - _SPARE
        if needed > free:
            raise NotFetched(
                Fault(
                    DISK,
                    f"{needed / (1 << 30):.1f} GiB are to be fetched and the disk of"
                    f" {self._store.folder} has room for {max(0, free) / (1 << 30):.1f}; narrow it"
                    " with --since, --until, --account or --region, or set XDG_CACHE_HOME to"
                    " another disk",
                )
            )
        for _ in range(min(self._most, max(1, len(self._objects)))):
            thread = threading.Thread(target=self._work, name="fetch", daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait(self, index: int) -> Path:
        """The file of an object, once it is there. Raises `NotFetched`."""
        with self._changed:
            while self._states[index] == _OPEN:
                under_way = index < self._next and not self._stopped
                if self._cancel.cancelled or (self._end is not None and not under_way):
                    # Settled for good: what was reported missing must not be counted as had.
                    self._set(index, self._end or NOT_ASKED)
                    break
                self._changed.wait(0.2)
            fault = self._faults.get(index)
        if fault is not None:
            raise NotFetched(fault)
        wanted = self._objects[index]
        place = self._store.place(wanted)
        # It may have been dropped from the store meanwhile, by the size limit of another run.
        return place if place.exists() else self.fetch_now(wanted)

    def fetch_now(self, wanted: S3Object) -> Path:
        """Fetch one object at once, for raw records long after the transfer."""
        if self._store.has(wanted):
            return self._store.place(wanted)
        return self._fetch(wanted, lambda: False)

    def failed(self, index: int) -> bool:
        """Whether an object was not had (or not yet)."""
        with self._changed:
            return self._states[index] == _OPEN or index in self._faults

    def faults(self) -> Counter[Fault]:
        """How many objects were not had, by reason; those never asked for are in it."""
        with self._changed:
            said = Counter(self._faults.values())
            left = self._states.count(_OPEN)
        if left:
            said[self._end or NOT_ASKED] += left
        return said

    def stop(self) -> None:
        """End the transfer; what is under way is dropped."""
        with self._changed:
            self._stopped = True
            self._end = self._end or NOT_ASKED
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    # --- inside --------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._changed:
                if self._end is not None or self._cancel.cancelled:
                    self._changed.notify_all()
                    return
                index = self._next
                if index >= len(self._objects):
                    return
                self._next += 1
            self._settle(index)

    def _settle(self, index: int) -> None:
        wanted = self._objects[index]
        result: Path | Fault
        try:
            if self._store.has(wanted):
                result = self._store.place(wanted)
            else:
                result = self._fetch(wanted, self._halted)
                self._progress.arrived(wanted.size)
        except NotFetched as error:
            result = error.fault
        except BaseException as error:  # a thread that dies would let its reader wait for ever
            result = self._doors(wanted.scheme).fault(error, "get", wanted.bucket)
        with self._changed:
            self._count(result)
            stopped = isinstance(result, Fault) and result.kind == STOPPED
            if self._states[index] == _OPEN and not stopped:
                self._set(index, result if isinstance(result, Fault) else None)
            self._changed.notify_all()

    def _set(self, index: int, fault: Fault | None) -> None:
        self._states[index] = _SETTLED
        if fault is not None:
            self._faults[index] = fault

    def _count(self, result: Path | Fault) -> None:
        if isinstance(result, Path):
            self._no_connection = 0
        else:
            self._progress.missed()
            self._no_connection = self._no_connection + 1 if result.kind == NETWORK else 0
            if result.kind != STOPPED and (result.hopeless or self._no_connection >= _IN_A_ROW):
                self._end = self._end or result

    def _fetch(self, wanted: S3Object, halted: Halted) -> Path:
        """One object into the store, again when it breaks off. Raises `NotFetched`."""
        for attempt in range(1, _TRIES):
            try:
                return self._once(wanted, halted)
            except NotFetched as error:
                if error.fault.kind != CUT or halted():
                    raise
                time.sleep(0.1 * attempt)
        return self._once(wanted, halted)

    def _once(self, wanted: S3Object, halted: Halted) -> Path:
        with self._doors(wanted.scheme).get(wanted) as (head, body):
            # Compared here and not by If-Match, which stand-ins for S3 may ignore.
            if head.etag != wanted.etag:
                raise ObjectChanged
            handle, unfinished = self._store.begin(wanted)
            try:
                digest = hashlib.sha256()
                count = 0
                with os.fdopen(handle, "wb") as out:
                    while chunk := _read(body):
                        out.write(chunk)
                        digest.update(chunk)
                        count += len(chunk)
                        if halted():
                            raise NotFetched(NOT_ASKED)
                if count != wanted.size:
                    raise BodyCut
                return self._store.finish(wanted, unfinished, head, digest.hexdigest())
            finally:
                with suppress(OSError):
                    unfinished.unlink(missing_ok=True)

    def _halted(self) -> bool:
        return self._cancel.cancelled or self._stopped


def _read(body: Body) -> bytes:
    """The next part of a body. Whatever breaks here, part of the object has arrived: try anew."""
    try:
        return body.read(_CHUNK)
    except Exception:
        raise BodyCut from None
