"""Objects to files, many at a time and in the order they are wanted, so that reading can begin at
once.

Whoever needs an object waits for it alone. An object that is in the store already is not fetched;
one that cannot be had has its fault, and the others go on. A fault that all others would meet too
ends the transfer: what is left gets the same sentence, and is fetched by the next run. A transfer
may also rest, and go on later.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
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

_SOON = 0.05
"""Seconds between two looks at what has come."""
_LONGEST_END = 1.0
"""Seconds to wait for the threads of a transfer that is ended; they belong to nobody after that."""

_OPEN, _BEGUN, _SETTLED = range(3)

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
        order: Sequence[int] | None = None,
    ) -> None:
        """`order`: places of all objects, as they are to be fetched; as they are given if None."""
        self._doors = doors
        self._most = threads
        self._store = store
        self._objects = objects
        self._cancel = cancel
        self._progress = progress or Progress()
        # One byte for an object, because there may be a million of them.
        self._states = bytearray(len(objects))
        self._faults: dict[int, Fault] = {}
        self._order = array("I", range(len(objects)) if order is None else order)
        self._next = 0
        self._end: Fault | None = None
        self._stopped = self._rests = False
        self._no_connection = 0
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin. Raises `NotFetched` when the disk is too small for what is missing."""
        needed = sum(entry.size for entry in self._objects)
        # What is here already is found out on the way: for a million objects it takes long.
        self._progress.to_fetch, self._progress.to_fetch_bytes = len(self._objects), needed
        free = shutil.disk_usage(self._store.folder).free - _SPARE
        if needed > free:
            needed = sum(entry.size for entry in self._objects if not self._store.has(entry))
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
        self._begin()

    def rest(self) -> None:
        """Fetch nothing more until `go_on`. Who waits for an object is told that it is not there,
        and nothing is written down about it. Returns at once."""
        with self._changed:
            self._rests = True
            self._changed.notify_all()

    def go_on(self) -> None:
        """After a rest: fetch what is left."""
        if self._rests:
            self._join()
            self._rests = False
            self._begin()

    @property
    def over(self) -> bool:
        """Whether there is no use in trying more, or it was stopped."""
        with self._changed:
            return self._over

    def first(self, wanted: Iterable[int]) -> None:
        """From now on fetch these before all others, in this order."""
        with self._changed:
            chosen = array("I", (at for at in wanted if self._states[at] == _OPEN))
            known = bytearray(len(self._states))
            for at in chosen:
                known[at] = 1
            chosen.extend(
                at
                for at in self._order[self._next :]
                if self._states[at] == _OPEN and not known[at]
            )
            self._order, self._next = chosen, 0

    def soon(self, wanted: Sequence[int], seconds: float) -> list[int]:
        """Wait for some objects: for so many seconds, or longer until something is there at all, or
        shorter when half of their bytes came sooner. Returns those that are there or could not be
        had, and all of them when it was half."""
        end = time.monotonic() + seconds
        sizes = {at: self._objects[at].size for at in wanted}
        total = sum(sizes.values())
        while True:
            with self._changed:
                settled = [at for at in wanted if self._states[at] == _SETTLED]
                here = sum(sizes[at] for at in settled if at not in self._faults)
                over = self._over
            if over or 2 * here >= total or len(settled) == len(sizes):
                return list(wanted)
            if here and time.monotonic() > end:
                return settled
            time.sleep(_SOON)

    def wait(self, index: int) -> Path:
        """The file of an object, once it is there. Raises `NotFetched`."""
        with self._changed:
            while self._states[index] != _SETTLED:
                under_way = self._states[index] == _BEGUN and not self._stopped
                if self._rests:
                    raise NotFetched(NOT_ASKED)
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

    def faults(self) -> Counter[Fault]:
        """How many objects were not had, by reason; those that were never asked for are in it when
        the transfer is over."""
        with self._changed:
            said = Counter(self._faults.values())
            if self._over and (left := self._left):
                said[self._end or NOT_ASKED] += left
        return said

    def stop(self) -> None:
        """End the transfer; what is under way is dropped."""
        with self._changed:
            self._stopped = True
            self._end = self._end or NOT_ASKED
            self._changed.notify_all()
        self._join()

    # --- inside --------------------------------------------------------------------------------

    @property
    def _over(self) -> bool:
        return self._end is not None or self._cancel.cancelled

    @property
    def _left(self) -> int:
        return len(self._states) - self._states.count(_SETTLED)

    def _begin(self) -> None:
        for _ in range(min(self._most, max(1, self._left))):
            thread = threading.Thread(target=self._work, name="fetch", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _join(self) -> None:
        end = time.monotonic() + _LONGEST_END
        for thread in self._threads:
            thread.join(timeout=max(0, end - time.monotonic()))
        self._threads.clear()

    def _work(self) -> None:
        while True:
            with self._changed:
                if self._over or self._rests:
                    self._changed.notify_all()
                    return
                if self._next >= len(self._order):
                    return
                index = self._order[self._next]
                self._next += 1
                if self._states[index] != _OPEN:
                    continue
                self._states[index] = _BEGUN
            self._settle(index)

    def _settle(self, index: int) -> None:
        wanted = self._objects[index]
        result: Path | Fault
        try:
            if self._store.has(wanted):
                result = self._store.place(wanted)
                self._progress.was_here(wanted.size)
            else:
                result = self._fetch(wanted, self._halted)
                self._progress.arrived(wanted.size)
        except NotFetched as error:
            result = error.fault
        except BaseException as error:  # a thread that dies would let its reader wait for ever
            result = self._doors(wanted.scheme).fault(error, "get", wanted.bucket)
        with self._changed:
            if result == NOT_ASKED:
                # Its turn comes again, if there is one: it would be the last then.
                if self._states[index] == _BEGUN:
                    self._states[index] = _OPEN
                    self._order.append(index)
            else:
                self._count(result)
                if self._states[index] != _SETTLED:
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
            if result.hopeless or self._no_connection >= _IN_A_ROW:
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
        return self._cancel.cancelled or self._stopped or self._rests


def _read(body: Body) -> bytes:
    """The next part of a body. Whatever breaks here, part of the object has arrived: try anew."""
    try:
        return body.read(_CHUNK)
    except Exception:
        raise BodyCut from None
