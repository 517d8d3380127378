"""Free text in the records as they were delivered, file by file.

The index holds the fields that questions use; this reads the evidence itself again, so it finds
what stands anywhere in a record. Memory stays small whatever the evidence: one file is open at a
time, and hits are handed on as they come. Files of plain trail delivery in which the text does not
occur at all are passed over before their records are taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import IO

from queries.case import Case
from queries.errors import WrongUsage
from queries.progress import CancelToken, Progress
from queries.question import ask_for
from queries.reader import FileFacts, read_records
from queries.sources.archives import by_archive, open_siblings
from queries.sources.local import Item
from queries.unpack import Unpacked, plain_chunks

_AROUND = 40
"""Characters of a record shown before a hit, and as many behind it."""
_BATCH = 200
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["/\\]))')
_ESCAPE_BYTES = re.compile(_ESCAPE.pattern.encode())
_LONGEST_ESCAPE = 6
Opener = Callable[[], AbstractContextManager[IO[bytes]]]


@dataclass(frozen=True, slots=True)
class Needle:
    """What is looked for. Case is ignored unless asked for; escapes of JSON (`\\/`, `\\u0026`) are
    read as what they stand for, too."""

    text: str
    regex: bool = False
    case_sensitive: bool = False
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Raises `WrongUsage` for an empty text and for a pattern that is none."""
        if not self.text:
            raise WrongUsage("nothing to search for was given")
        source = self.text if self.regex else re.escape(self.text)
        try:
            pattern = re.compile(source, 0 if self.case_sensitive else re.IGNORECASE)
        except re.error as error:
            raise WrongUsage(f"{self.text}: not a regular expression ({error})") from None
        object.__setattr__(self, "_pattern", pattern)

    def find(self, text: str) -> tuple[str, int, int] | None:
        """Where it stands: (text around it, where in that the hit begins and ends), or None."""
        match = self._pattern.search(text)
        if match is None and "\\" in text:
            text = _ESCAPE.sub(_meant, text)
            match = self._pattern.search(text)
        if match is None:
            return None
        start = max(0, match.start() - _AROUND)
        end = min(len(text), match.start() + 4 * _AROUND, max(match.end(), match.start()) + _AROUND)
        return text[start:end], match.start() - start, min(match.end(), end) - start

    @property
    def plain(self) -> bytes | None:
        """The text as bytes for a first look at a whole file; None where that would not do."""
        if self.regex or not self.text.isascii() or "\\" in self.text:
            return None
        text = self.text if self.case_sensitive else self.text.lower()
        return text.encode()


def _meant(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[2]


def _meant_bytes(escape: re.Match[bytes]) -> bytes:
    return chr(int(escape[1], 16)).encode("utf-8", "replace") if escape[1] else escape[2]


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
            "SELECT file_id, size, lane, records FROM files WHERE records > 0 ORDER BY file_id",
            cancel=self.cancel,
        ).rows
        self.progress.files_total = len(files)
        self.progress.bytes_total = sum(size or 0 for _, size, _, _ in files)
        known = {file_id: (size or 0, lane, records) for file_id, size, lane, records in files}
        for job in by_archive(self._items(list(known))):
            for file_id, item, opener in self._opened(job):
                if self.cancel.cancelled:
                    return
                size, lane, records = known[file_id]
                yield from self._in_file(file_id, item, opener, lane == "fast", records)
                self.progress.add(files=1, stored=size, current=item.name)

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

    def _in_file(
        self, file_id: int, item: Item, opener: Opener, machine_written: bool, expected: int
    ) -> Iterator[Hit]:
        plain = self.needle.plain if machine_written and not item.member else None
        try:
            if plain is not None and not self._occurs(plain, item, opener):
                self.progress.add(records=expected)
                return
        except OSError:
            pass  # the reader says what is wrong
        facts = FileFacts()
        batch: list[tuple[int, tuple[str, int, int]]] = []
        count = 0
        for position, record in enumerate(read_records(item, facts, opener), 1):
            if self.cancel.cancelled:
                break
            count = position
            where = self.needle.find(record.text)
            if where is not None:
                batch.append((position, where))
                if len(batch) == _BATCH:
                    yield from self._as_hits(file_id, item, batch)
                    batch = []
        self.progress.add(records=count)
        yield from self._as_hits(file_id, item, batch)
        if facts.error:
            self.unread.append((item.name, facts.error))
        elif count < expected and not self.cancel.cancelled:
            self.unread.append(
                (item.name, f"has {count:,} records now and had {expected:,} when it was indexed")
            )

    def _occurs(self, wanted: bytes, item: Item, opener: Opener) -> bool:
        """Whether the text stands anywhere in a file, and so maybe in a record."""
        exact = self.needle.case_sensitive
        keep = _LONGEST_ESCAPE * len(wanted) + _LONGEST_ESCAPE
        before = b""
        with opener() as stream:
            for chunk in plain_chunks(stream, Unpacked(), item.stored):
                if self.cancel.cancelled:
                    return False
                data = before + chunk
                before = data[-keep:]
                if wanted in (data if exact else data.lower()):
                    return True
                if b"\\" in data:
                    meant = _ESCAPE_BYTES.sub(_meant_bytes, data)
                    if wanted in (meant if exact else meant.lower()):
                        return True
        return False

    def _as_hits(
        self, file_id: int, item: Item, batch: list[tuple[int, tuple[str, int, int]]]
    ) -> Iterator[Hit]:
        if not batch:
            return
        question = ask_for(
            "records_of_file",
            file_id=file_id,
            from_position=batch[0][0],
            to_position=batch[-1][0],
        )
        rows = self.case.ask(question.sql, question.bound).rows
        events = {row[0]: row[1:] for row in rows}
        for position, (excerpt, start, end) in batch:
            key, when, name, event_id, who = events.get(position, (None,) * 5)
            self.found += 1
            yield Hit(
                item.name, file_id, position, key, when, name, event_id, who, excerpt, start, end
            )


def _as_given(stream: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(stream)
