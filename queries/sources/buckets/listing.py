"""Which objects are there, and asked for: folders first, then keys, many requests at a time.

Inside the layout of a cloud's logs only folders that can match are opened; elsewhere the beginning
of such a layout is looked for, and what is not part of one is listed plainly. The result is in the
order of the keys, however many requests ran at a time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from queries.progress import CancelToken, Progress
from queries.sources.buckets import place as levels
from queries.sources.buckets.clouds import CLOUDS, Address, Cloud
from queries.sources.buckets.faults import DENIED, EMPTY, STOPPED, Fault, NotFetched
from queries.sources.buckets.model import S3_SCHEME, Door, Page, S3Object
from queries.sources.buckets.objects import Objects
from queries.sources.buckets.options import Selection
from queries.sources.buckets.place import listed_as_one, wanted

SEARCH_DEPTH = 5
"""Levels of unknown folders in which the beginning of a layout is looked for."""
SEARCH_REQUESTS = 200
"""Unknown folders looked into; what is left after that is listed as it is."""

LONG_MONTH = 3
"""Pages of 1,000 keys after which the rest of a month is listed by its days, if threads are idle:
one busy region would else be one request after the other."""

STOPPED_LISTING = Fault(STOPPED, "could not be listed to its end: it was stopped")


@dataclass(slots=True)
class Found:
    """What a path in a bucket holds, and what could not be seen."""

    objects: Objects = field(default_factory=Objects)
    """In the order of their keys; without folder markers."""
    markers: list[str] = field(default_factory=list)
    """Keys that only stand for a folder."""
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    """(name, why) for prefixes whose listing is missing or not complete."""
    services: set[str] = field(default_factory=set)
    """Folders of other services, not listed."""
    hidden: list[str] = field(default_factory=list)
    """Prefixes that may not be listed although AWSLogs in them may."""


def list_path(
    client: Door,
    where: Address,
    selection: Selection,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Found:
    """Everything at or below a path in a bucket that `selection` wants.

    The prefix is a name, not the beginning of one: `logs` means the object `logs` or what is
    in `logs/`, never `logs-old/`. Where listing is denied, an object of exactly that name is
    looked up. Raises nothing: what failed is in `faults`.
    """
    crawl = _Crawl(client, where, selection, progress or Progress(), cancel or CancelToken())
    try:
        starts = crawl.starts(where.prefix)
    except NotFetched as error:
        crawl.found.faults.append((where.name, error.fault))
    else:
        crawl.run(starts, client.options.threads)
    found = crawl.found
    found.objects.sort()
    found.markers.sort()
    found.hidden.sort()
    found.faults.sort(key=lambda entry: entry[0])
    if not found.objects and not found.faults:
        if selection.active:
            why = f"nothing here matches what was asked for ({selection.in_words()})"
        elif found.services:
            why = f"only logs of other services are here ({', '.join(sorted(found.services))})"
        else:
            why = "there is no object here"
        found.faults.append((where.name, Fault(EMPTY, why)))
    return found


def added(before: Iterable[S3Object], now: Iterable[S3Object]) -> list[S3Object]:
    """The objects of a later listing that an earlier one did not have, or not as they are now."""
    known = {entry.name: (entry.etag, entry.size) for entry in before}
    return [entry for entry in now if known.get(entry.name) != (entry.etag, entry.size)]


def _is_behind(key: str, other: str) -> bool:
    """Whether a key comes behind another one in a listing."""
    return key.encode("utf-8", "surrogatepass") > other.encode("utf-8", "surrogatepass")


Task = Callable[[], None]


class _Crawl:
    """Folders still to be seen, worked off by some threads; tasks may add tasks."""

    def __init__(
        self,
        client: Door,
        where: Address,
        selection: Selection,
        progress: Progress,
        cancel: CancelToken,
    ) -> None:
        self.found = Found()
        self._client = client
        self._where = where
        self._bucket = where.bucket
        self._cloud: Cloud = CLOUDS[where.scheme]
        self._selection = selection
        self._progress = progress
        self._cancel = cancel
        self._searches = SEARCH_REQUESTS
        self._lock = threading.Condition()
        self._tasks: deque[Task] = deque()
        self._open = 0
        self._broken: BaseException | None = None

    def starts(self, prefix: str) -> list[Task]:
        """Where to begin for a path."""
        if not prefix or prefix.endswith("/"):
            return [lambda: self._visit(prefix, 0)]
        try:
            page = self._client.page(self._bucket, prefix, folders=True)
        except NotFetched as error:
            if error.fault.kind != DENIED:
                raise
            # Without the right to list, an object can still be read by its name.
            try:
                self._take([self._client.look_up(self._bucket, prefix)])
            except NotFetched:
                raise error from None
            return []
        exact = [entry for entry in page.objects if entry.key == prefix]
        self._take(exact)
        folder = f"{prefix}/"
        if folder in page.folders or page.token:
            return [lambda: self._visit(folder, 0)]
        if not exact:
            others = [*page.folders, *(entry.key for entry in page.objects)][:3]
            hint = f"; names that begin so: {', '.join(others)}" if others else ""
            fault = Fault(EMPTY, f"there is no such object or folder{hint}")
            self.found.faults.append((self._name(prefix), fault))
        return []

    def run(self, starts: list[Task], threads: int) -> None:
        """Work off everything; returns when nothing is left or the user stopped it."""
        for task in starts:
            self._add(task)
        workers = [
            threading.Thread(target=self._work, name="list", daemon=True) for _ in range(threads)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if self._broken is not None:
            raise self._broken
        if self._cancel.cancelled:
            self.found.faults.append((self._name(""), STOPPED_LISTING))

    def _add(self, task: Task) -> None:
        with self._lock:
            self._tasks.append(task)
            self._open += 1
            self._lock.notify()

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._tasks and self._open and self._broken is None:
                    self._lock.wait(0.2)
                if not self._tasks or self._broken is not None:
                    return
                task = self._tasks.popleft()
            try:
                if not self._cancel.cancelled:
                    task()
            except BaseException as error:
                self._broken = error
            finally:
                with self._lock:
                    self._open -= 1
                    self._lock.notify_all()

    # --- folders -------------------------------------------------------------------------------

    def _visit(self, prefix: str, depth: int) -> None:
        """Open one folder: its own objects are taken, its subfolders visited, listed or left."""
        place = self._cloud.place_of(prefix)
        if place.level == levels.WITHIN or listed_as_one(place, self._selection):
            if place.foreign:
                self._leave(place.service)
            elif wanted(place, self._selection):
                self._list(prefix)
            return
        if place.level == levels.OUTSIDE:
            self._search(prefix, depth)
            return
        for page in self._pages(prefix, folders=True):
            self._take(page.objects)
            for folder in page.folders:
                self._enter(folder, depth + 1)

    def _enter(self, folder: str, depth: int) -> None:
        """Visit a folder later, if it can hold anything that was asked for."""
        place = self._cloud.place_of(folder)
        if place.foreign:
            self._leave(place.service)
        elif wanted(place, self._selection):
            self._add(lambda: self._visit(folder, depth))

    def _search(self, prefix: str, depth: int) -> None:
        """Look for the beginning of a layout among the folders of a place outside of it."""
        with self._lock:
            self._searches -= 1
            exhausted = self._searches < 0
        if exhausted or depth > SEARCH_DEPTH:
            self._list(prefix)
            return
        try:
            page = self._client.page(self._bucket, prefix, folders=True)
        except NotFetched as error:
            if not (error.fault.kind == DENIED and self._try_logs(prefix)):
                self._fail(prefix, error.fault)
            return
        if page.token:
            # More than 1,000 names in one folder are days, hashes or files: one list of them all.
            self._list(prefix)
            return
        self._take(page.objects)
        for folder in page.folders:
            self._enter(folder, depth + 1)

    def _try_logs(self, prefix: str) -> bool:
        """A narrow policy may allow AWSLogs/ and nothing above it."""
        if not self._cloud.root:
            return False
        folder = f"{prefix}{self._cloud.root}/"
        try:
            self._client.page(self._bucket, folder, folders=True)
        except NotFetched:
            return False
        with self._lock:
            self.found.hidden.append(self._name(prefix))
        self._add(lambda: self._visit(folder, 0))
        return True

    def _leave(self, service: str) -> None:
        with self._lock:
            self.found.services.add(service)

    # --- keys ----------------------------------------------------------------------------------

    def _list(self, prefix: str, after: str = "") -> None:
        """Everything that begins with a prefix, or what of it comes behind a key."""
        month = self._cloud.place_of(prefix).level == levels.MONTH
        for number, page in enumerate(self._pages(prefix, folders=False), 1):
            self._take([entry for entry in page.objects if _is_behind(entry.key, after)])
            if month and number >= LONG_MONTH and page.token and self._may_divide(page):
                self._divide(prefix, page.objects[-1].key)
                return

    def _may_divide(self, page: Page) -> bool:
        """Whether threads are idle, and keys come in the order of their bytes: as S3 sends them,
        but for its directory buckets; elsewhere that is not known."""
        keys = [entry.key.encode("utf-8", "surrogatepass") for entry in page.objects]
        if self._where.scheme != S3_SCHEME or not keys or keys != sorted(keys):
            return False
        with self._lock:
            return not self._tasks and self._open < self._client.options.threads

    def _divide(self, prefix: str, last: str) -> None:
        """List the rest of a month, behind a key, day by day at the same time."""
        for page in self._pages(prefix, folders=True):
            self._take([entry for entry in page.objects if _is_behind(entry.key, last)])
            for folder in page.folders:
                if last.startswith(folder):
                    self._add(partial(self._list, folder, last))
                elif _is_behind(folder, last):
                    self._add(partial(self._list, folder))

    def _pages(self, prefix: str, *, folders: bool) -> Iterable[Page]:
        """All pages of a prefix; a failure ends them and is written down."""
        token = ""
        while not self._cancel.cancelled:
            try:
                page = self._client.page(self._bucket, prefix, folders=folders, token=token)
            except NotFetched as error:
                self._fail(prefix, error.fault)
                return
            yield page
            token = page.token
            if not token:
                return

    def _fail(self, prefix: str, fault: Fault) -> None:
        with self._lock:
            self.found.faults.append((self._name(prefix), fault))
            if fault.hopeless:
                # Every other folder would say the same.
                self._open -= len(self._tasks)
                self._tasks.clear()
                self._lock.notify_all()

    def _take(self, objects: list[S3Object]) -> None:
        """Keep objects that were asked for; the layout of the key decides where it has one."""
        kept: list[S3Object] = []
        markers: list[str] = []
        services: set[str] = set()
        for entry in objects:
            place = self._cloud.place_of(entry.key)
            if place.foreign:
                services.add(place.service)
            elif not wanted(place, self._selection):
                continue
            elif entry.size == 0 and entry.key.endswith(("/", "_$folder$")):
                markers.append(entry.key)
            else:
                kept.append(entry)
        with self._lock:
            self.found.objects.extend(kept)
            self.found.markers += markers
            self.found.services |= services
            count = len(self.found.objects)
        self._progress.stage = f"listing {self._bucket}: {count:,} objects"

    def _name(self, prefix: str) -> str:
        return self._where._replace(prefix=prefix).name
