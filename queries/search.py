"""Free text in the records as they were delivered, file by file.

The index holds the fields that questions use; this reads the evidence itself again, so it finds
what stands anywhere in a record. Memory stays small whatever the evidence: one file is open at a
time, and hits are handed on as they come. What a machine wrote is cut into its records without
being parsed, and only where the text may be; everything else is read as it was for the index.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO, NamedTuple

from queries.case import Case
from queries.index.documents import FAST, Document, NeedsCare, whole_documents
from queries.needle import Needle
from queries.progress import CancelToken, Progress
from queries.question import ask_for
from queries.reader import FileFacts, read_records
from queries.record_texts import record_texts
from queries.sources.archives import by_archive, open_siblings
from queries.sources.local import Item
from queries.unpack import plain_chunks

_BATCH = 200
_CHANGED = "has changed since it was indexed; what was found is what it says now"
Opener = Callable[[], AbstractContextManager[IO[bytes]]]
Found = tuple[int, tuple[str, int, int], str]
"""The position of a record within its file, where in it the text stands, and the event's id, where
it is to be compared."""


class _Known(NamedTuple):
    """What the index says of a file."""

    size: int
    lane: str
    records: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that has the text: where it stands, what event it is, and the text around it."""

    file: str
    file_id: int
    position: int
    """Number of the record within the file, from 1."""
    event_key: int | None
    event_time: datetime | None
    event_name: str | None
    event_id: str | None
    principal: str | None
    excerpt: str
    start: int
    """Where in `excerpt` the hit begins, and where it ends."""
    end: int


@dataclass(slots=True)
class Search:
    """One search over a case. Iterate `hits`; the counters can be read from another thread."""

    case: Case
    needle: Needle
    cancel: CancelToken = field(default_factory=CancelToken)
    progress: Progress = field(default_factory=lambda: Progress(stage="searching"))
    found: int = 0
    unread: list[tuple[str, str]] = field(default_factory=list)
    """Files that could not be searched now, and why."""

    def hits(self) -> Iterator[Hit]:
        """Every record that has the text, once, in the order of the files. Ends early when it is
        cancelled; what was found so far stays true."""
        files = self.case.ask(
            "SELECT file_id, coalesce(size, 0), lane, records, coalesce(sha256, '') FROM files"
            " WHERE records > 0 ORDER BY file_id",
            cancel=self.cancel,
        ).rows
        known = {file_id: _Known(*facts) for file_id, *facts in files}
        self.progress.files_total = len(known)
        self.progress.bytes_total = sum(file.size for file in known.values())
        for job in by_archive(self._items(list(known))):
            for file_id, item, opener in self._opened(job):
                if self.cancel.cancelled:
                    return
                yield from self._in_file(file_id, item, opener, known[file_id])
                self.progress.add(files=1, stored=known[file_id].size, current=item.name)

    def _items(self, ids: list[int]) -> Iterator[tuple[int, Item]]:
        for at in range(0, len(ids), _BATCH):
            yield from zip(
                ids[at : at + _BATCH], self.case.items(ids[at : at + _BATCH]), strict=True
            )

    def _opened(self, job: list[tuple[int, Item]]) -> Iterator[tuple[int, Item, Opener]]:
        """Files one by one; members of an archive in one pass over it."""
        if not job[0][1].member:
            for file_id, item in job:
                yield file_id, item, item.open
            return
        numbers = {item.member: file_id for file_id, item in job}
        seen: set[int] = set()
        try:
            for item, stream in open_siblings([item for _, item in job]):
                seen.add(numbers[item.member])
                yield numbers[item.member], item, partial(_as_given, stream)
        except (OSError, EOFError) as error:
            reason = str(getattr(error, "strerror", None) or error)
            missed = [item.name for file_id, item in job if file_id not in seen]
            self.unread += [(name, reason) for name in missed]

    def _in_file(self, file_id: int, item: Item, opener: Opener, known: _Known) -> Iterator[Hit]:
        """The hits of one file, as they come."""
        facts = FileFacts()
        done = 0
        if known.lane == FAST:
            try:
                if not item.member and not self._occurs(opener, item, facts):
                    if not self.cancel.cancelled:
                        self.progress.add(records=known.records)
                        self._compare(item, facts, known.records, known)
                    return
                facts = FileFacts()
                for document in whole_documents(opener, item, facts):
                    if self.cancel.cancelled:
                        return
                    records = document.records or known.records
                    yield from self._as_hits(file_id, item, self._in_document(document, records))
                    done += records
                    self.progress.add(records=records)
            except (NeedsCare, OSError):
                # The reader takes what is written otherwise, and says what is wrong. It begins
                # again, which a stream out of an archive cannot.
                facts, opener = FileFacts(), item.open
            else:
                self._compare(item, facts, done, known)
                return
        found = self._by_reader(item, opener, facts, done)
        while batch := list(islice(found, _BATCH)):
            yield from self._as_hits(file_id, item, batch)
        if not self.cancel.cancelled:
            self._compare(item, facts, facts.records, known)

    def _occurs(self, opener: Opener, item: Item, facts: FileFacts) -> bool:
        """Whether the text may stand anywhere in a file. Pieces as they are unpacked are still in
        the processor's cache: half the time of looking at documents."""
        if self.needle.longest is None:
            return True
        before = b""
        with opener() as stream:
            for chunk in plain_chunks(stream, facts.unpacked, item.stored):
                if self.cancel.cancelled:
                    return False
                data = before + chunk
                before = data[-self.needle.longest :]
                if self.needle.may_be_in(data):
                    return True
        return False

    def _in_document(self, document: Document, records: int) -> list[Found]:
        """Of a document without the text, no record is looked at. Raises `NeedsCare` when what was
        cut out of it are not its records."""
        if not self.needle.may_be_in(document.text):
            return []
        texts = record_texts(document.text)
        if len(texts) != records:
            raise NeedsCare
        found: list[Found] = []
        for position, text in enumerate(texts, document.base + 1):
            if not self.needle.may_be_in(text):
                continue
            written = text.decode()
            where = self.needle.find(written)
            if where is not None:
                found.append((position, where, _event_id(written)))
        return found

    def _by_reader(
        self, item: Item, opener: Opener, facts: FileFacts, done: int
    ) -> Iterator[Found]:
        """The same record by record, behind those that are done."""
        for position, record in enumerate(read_records(item, facts, opener), 1):
            if self.cancel.cancelled:
                return
            if position <= done:
                continue
            self.progress.add(records=1)
            where = self.needle.find(record.text)
            if where is not None:
                yield position, where, ""

    def _compare(self, item: Item, facts: FileFacts, records: int, known: _Known) -> None:
        """Say what could not be searched, and that a file is another now."""
        if facts.error:
            self.unread.append((item.name, facts.error))
        elif records < known.records:
            self.unread.append(
                (
                    item.name,
                    f"has {records:,} records now and had {known.records:,} when it was indexed",
                )
            )
        elif known.sha256 and facts.unpacked.sha256 not in ("", known.sha256):
            self.unread.append((item.name, _CHANGED))

    def _as_hits(self, file_id: int, item: Item, found: Sequence[Found]) -> Iterator[Hit]:
        """With the events that they are. Raises `NeedsCare` when an event is another."""
        if not found:
            return
        question = ask_for(
            "records_of_file",
            file_id=file_id,
            from_position=found[0][0],
            to_position=found[-1][0],
        )
        events = {row[0]: row[1:] for row in self.case.ask(question.sql, question.bound).rows}
        hits = []
        for position, (excerpt, start, end), event_id in found:
            key, when, name, known_id, who = events.get(position, (None,) * 5)
            if event_id and known_id and event_id != known_id:
                raise NeedsCare
            hits.append(
                Hit(
                    item.name,
                    file_id,
                    position,
                    key,
                    when,
                    name,
                    known_id,
                    who,
                    excerpt,
                    start,
                    end,
                )
            )
        for hit in hits:
            self.found += 1
            yield hit


def _event_id(text: str) -> str:
    """Of a record; empty when it has none. Raises `NeedsCare` for what is no record."""
    try:
        record = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise NeedsCare from None
    found = record.get("eventID")
    return found if isinstance(found, str) else ""


def _as_given(stream: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(stream)
