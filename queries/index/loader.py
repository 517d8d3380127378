"""Fill `events` from items: the fast lane for machine-written files, the careful one for the rest.

The fast lane hands whole decoded documents to DuckDB. A file that it cannot take whole, or of
which a single row looks odd, is read again by the careful reader; both lanes end in the same
INSERT, so they give the same rows (tests/queries/index/test_lanes.py).
"""

from __future__ import annotations

import tarfile
import threading
import zipfile
from array import array
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import IO

import duckdb

from queries.database import cursor_of, double_memory
from queries.index.clean import clean_record
from queries.index.delivery import delivery_order
from queries.index.documents import (
    DOCUMENT_BYTES,
    FAST,
    Document,
    Opener,
    of_records,
    whole_documents,
)
from queries.index.flatten import insert_statement
from queries.index.ledger import Ledger
from queries.numbering import Numbers, numbers_from
from queries.progress import CancelToken, Progress
from queries.reader import NOT_READ, FileFacts, give_up, read_records
from queries.sources.archives import by_archive, open_siblings
from queries.sources.local import (
    Item,
    is_digest_name,
    is_system_file,
    looks_like_partial_download,
)

_BATCH_BYTES = 4 << 20
"""Planning the INSERT takes 12-20 ms, so small documents share one. Twice as much takes as long and
more memory (535 against 500 MiB with two threads, 1,000 against 860 with six)."""
_BATCH_DOCS = 512
_COMMIT_BYTES = 64 << 20
"""Rows that are not committed stay in memory. Half as much would not fill the row groups of the
index (`queries.database`), which would be twice as large."""
_CAREFUL_BATCH = 2000
_ROUNDS = 4
"""How often files are read again that were spoiled or for which the memory did not suffice."""


def load_items(
    connection: duckdb.DuckDBPyConnection,
    items: Sequence[Item],
    progress: Progress,
    cancel: CancelToken,
    *,
    workers: int = 2,
    fast: bool = True,
    numbers: Numbers | None = None,
) -> Ledger:
    """Read every item into `events`; file ids are `numbers`, or the positions in `items`, so rows
    do not depend on the number of workers. Cancelling keeps what was read and marks the rest."""
    numbers = numbers or numbers_from(0, len(items))
    ledger = Ledger(numbers)
    progress.files_total = len(items)
    progress.bytes_total = sum(item.size for item in items)
    order = _by_delivery(items)
    # A digest names log files by the hash of their content. Without one nobody asks for it.
    ledger.hashes_content = any(is_digest_name(item.name) for item in items)
    work = _Reading(connection, items, numbers, ledger, progress, cancel, workers)
    if fast:
        progress.stage = "reading"
        work.read_all(_FastWorker, order)
        order = work.take_back(order, work.odd_files())
    work.read_all(_CarefulWorker, order)
    for file_id in numbers.of_items:
        if file_id not in ledger:
            facts = FileFacts(status=NOT_READ)
            facts.error = "not read: the reading was stopped before it"
            ledger.put(file_id, facts, "")
    return ledger


def _by_delivery(items: Sequence[Item]) -> array[int]:
    """Positions of items, the first delivered first: rows laid down in time order let questions
    about a time skip most of them. (Arrays, because there may be a million items.)"""
    stamps = array("q", (0 if item.member else delivery_order(item.name) for item in items))
    return array("I", sorted(range(len(stamps)), key=stamps.__getitem__))


@dataclass(frozen=True, slots=True)
class _Reading:
    """Some items and where they go."""

    connection: duckdb.DuckDBPyConnection
    items: Sequence[Item]
    numbers: Numbers
    ledger: Ledger
    progress: Progress
    cancel: CancelToken
    workers: int

    def read_all(self, kind: type[_Worker], order: Sequence[int]) -> None:
        """The items at some positions, in this order; what was spoiled, again until it is read.

        Raises the error of DuckDB when even one thread with much more memory cannot read them.
        """
        workers = self.workers
        for _ in range(_ROUNDS):
            self.ledger.begin_round()
            self._read(kind, order, workers)
            order = self.take_back(order, self.ledger.spoiled)
            if not order:
                return
            if self.ledger.starved is not None:
                workers = 1
                double_memory(self.connection)
            kind = _GuardedWorker if kind is _FastWorker else kind
        if self.ledger.starved is not None:
            raise self.ledger.starved

    def _read(self, kind: type[_Worker], order: Sequence[int], workers: int) -> None:
        ids = self.numbers.of_items
        numbered = ((ids[place], self.items[place]) for place in order)
        count = max(1, min(workers, len(order)))
        if len(order):
            _run(kind, self.connection, numbered, self.ledger, self.progress, self.cancel, count)

    def odd_files(self) -> set[int]:
        """Ids of items that the fast lane left alone or did not do justice."""
        ids = self.numbers.of_items
        odd = bytearray(b"\1" * len(self.items))
        counted = cursor_of(self.connection)
        counted.execute(
            "SELECT file_id, count(*), count(*) FILTER (odd), max(position) FROM events"
            " WHERE file_id BETWEEN $first AND $last GROUP BY file_id",
            {"first": min(ids, default=0), "last": max(ids, default=0)},
        )
        while batch := counted.fetchmany(10_000):
            for row in batch:
                place = self.numbers.place(row[0])  # others may have been read before
                if place >= 0 and self._is_whole(*row):
                    odd[place] = 0
        counted.close()
        return {ids[place] for place in range(len(odd)) if odd[place]}

    def take_back(self, order: Sequence[int], files: set[int]) -> array[int]:
        """Positions of these items, to be read again: without their rows and what was noted."""
        ids = self.numbers.of_items
        again = array("I", (place for place in order if ids[place] in files))
        for place in again:
            if ids[place] in self.ledger:
                self.progress.add(files=-1, stored=-self.items[place].size)
                self.ledger.drop(ids[place])
        if again:
            deleted = self.connection.execute(
                "DELETE FROM events WHERE file_id IN (SELECT unnest($files::INTEGER[]))",
                {"files": sorted(files)},
            ).fetchone()
            self.progress.add(records=-deleted[0] if deleted else 0)
        return again

    def _is_whole(self, file_id: int, rows: int, odd: int, last: int) -> bool:
        """Whether the fast lane got all of a file; its number of records is then written down."""
        if file_id not in self.ledger:
            return False
        facts, lane = self.ledger.get(file_id)
        if odd or rows != last or rows != (facts.records or last):
            return False
        facts.records = rows
        self.ledger.put(file_id, facts, lane)
        return True


def _run(
    kind: type[_Worker],
    connection: duckdb.DuckDBPyConnection,
    numbered: Iterable[tuple[int, Item]],
    ledger: Ledger,
    progress: Progress,
    cancel: CancelToken,
    count: int,
) -> None:
    queue = by_archive(numbered)
    lock = threading.Lock()

    def next_job() -> list[tuple[int, Item]] | None:
        with lock:
            return None if cancel.cancelled else next(queue, None)

    # Each reading thread runs its own INSERT; more threads inside DuckDB only move the data from
    # cache to cache (16 against 19 CPU seconds for 400,000 events).
    connection.execute("SET threads = 1")
    _plan_little(connection)
    with ThreadPoolExecutor(count, thread_name_prefix="read") as pool:
        jobs = [
            pool.submit(kind(cursor_of(connection), ledger, progress, cancel).run, next_job)
            for _ in range(count)
        ]
        for job in jobs:
            job.result()
    connection.execute("RESET disabled_optimizers; RESET threads")


def _plan_little(connection: duckdb.DuckDBPyConnection) -> None:
    """The INSERT is planned for each batch. Nothing in it can be reordered or left out: of what the
    optimizer tries, only finding equal expressions is worth its time (15 against 9 ms)."""
    connection.execute(
        "SET VARIABLE needless = (SELECT string_agg(name, ',') FROM duckdb_optimizers()"
        " WHERE name <> 'common_subexpressions')"
    )
    connection.execute("SET disabled_optimizers = getvariable('needless')")


class _Worker:
    """One thread with its own cursor and transaction."""

    guarded = True
    """Whether a document that is no JSON is passed over; if not, it ends the transaction."""
    mapped = False
    """Whether records may bring what a provider said of them."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        ledger: Ledger,
        progress: Progress,
        cancel: CancelToken,
    ) -> None:
        self.cursor = cursor
        self.ledger = ledger
        self.progress = progress
        self.cancel = cancel
        self._insert = self._parsed()
        self._docs: list[Document] = []
        self._files: list[int] = []
        self._bytes = 0
        self._uncommitted = 0
        self._rows = 0
        self._written: set[int] = set()

    def run(self, next_job: Callable[[], list[tuple[int, Item]] | None]) -> None:
        self._begin()
        while (job := next_job()) is not None:
            if job[0][1].member:
                self._take_members(job)
            else:
                self.take(*job[0], job[0][1].open)
        self.flush()
        self.cursor.execute("COMMIT")
        self.cursor.close()

    def _take_members(self, job: list[tuple[int, Item]]) -> None:
        """The members of one archive in one pass over it."""
        numbers = {item.member[-1]: file_id for file_id, item in job}
        try:
            for item, stream in open_siblings([item for _, item in job]):
                self.take(numbers[item.member[-1]], item, partial(_as_given, stream))
                if self.cancel.cancelled:
                    return
        except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError):
            # The listing has said what is wrong with the archive; what was read is kept.
            return

    def take(self, file_id: int, item: Item, opener: Opener) -> None:
        raise NotImplementedError

    def add(self, doc: Document, file_id: int) -> None:
        self._docs.append(doc)
        self._files.append(file_id)
        self._bytes += len(doc.text)
        if self._bytes >= _BATCH_BYTES or len(self._docs) >= _BATCH_DOCS:
            self.flush()

    def flush(self) -> None:
        if not self._docs:
            return
        self._written.update(self._files)
        texts, bases, counts = zip(*self._docs, strict=True)
        parameters = {"docs": texts, "files": self._files, "bases": bases, "counts": counts}
        size = self._bytes
        self._docs, self._files, self._bytes = [], [], 0
        try:
            result = self.cursor.execute(self._insert, parameters).fetchone()
        except duckdb.OutOfMemoryException as error:
            self.ledger.starve(error)
            self._start_over()
            return
        except duckdb.Error:
            if self.guarded:
                raise
            self._start_over()
            return
        rows = result[0] if result else 0
        self.progress.add(records=rows)
        self._rows += rows
        self._uncommitted += size
        if self._uncommitted >= _COMMIT_BYTES:
            self._commit()

    def _parsed(self) -> duckdb.Statement:
        """The INSERT, so that its text is read once and not for each batch (4 ms)."""
        text = insert_statement(guarded=self.guarded, mapped=self.mapped)
        return self.cursor.extract_statements(text)[0]

    def _begin(self) -> None:
        self.cursor.execute("BEGIN")
        self._written.clear()
        self._uncommitted = self._rows = 0

    def _commit(self) -> None:
        self.cursor.execute("COMMIT")
        self._begin()

    def _start_over(self) -> None:
        """Give up what is not committed; its files are read again, and from now on guarded."""
        self.cursor.execute("ROLLBACK")
        self.progress.add(records=-self._rows)
        self.ledger.spoil(self._written)
        self._begin()
        self.guarded = True
        self._insert = self._parsed()


def _as_given(stream: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    """A stream that whoever reads the archive closes."""
    return nullcontext(stream)


class _GuardedWorker(_Worker):
    """Whole documents, decoded and checked in Python (CRC, UTF-8), parsed by DuckDB."""

    def take(self, file_id: int, item: Item, opener: Opener) -> None:
        if is_system_file(item.name) or looks_like_partial_download(item.name):
            return
        facts = self.ledger.facts()
        try:
            for doc in whole_documents(opener, item, facts):
                self.add(doc, file_id)
                if self.cancel.cancelled:
                    return
        except duckdb.Error:
            raise  # of what is written, not of this file
        except Exception:  # it needs care, or is gone, or is more than we thought of
            return  # what was added is taken back, as the ledger does not know the file
        self.ledger.put(file_id, facts, FAST)
        self.progress.add(files=1, stored=item.size, current=item.name)


class _FastWorker(_GuardedWorker):
    """The same, at its fastest while every document is JSON."""

    guarded = False


class _CarefulWorker(_Worker):
    """One record at a time, cleaned so that the shared INSERT sees an ordinary document."""

    mapped = True

    def take(self, file_id: int, item: Item, opener: Opener) -> None:
        facts = self.ledger.facts()
        batch: list[str] = []
        base = size = 0
        for record in read_records(item, facts, opener):
            try:
                text = clean_record(record.fields, facts, record.mapped)
            except Exception as error:  # the other files are still read
                facts.records -= 1
                give_up(facts, error)
                break
            batch.append(text)
            size += len(text)
            if len(batch) >= _CAREFUL_BATCH or size >= DOCUMENT_BYTES:
                self.add(of_records(batch, base), file_id)
                base, size = base + len(batch), 0
                batch.clear()
                if self.cancel.cancelled:
                    facts.status = "damaged"
                    facts.error = f"read up to record {base} only: the reading was stopped"
                    break
        if batch:
            self.add(of_records(batch, base), file_id)
        self.ledger.put(file_id, facts, "careful")
        self.progress.add(files=1, stored=item.size, current=item.name)
