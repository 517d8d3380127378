"""The marks of an open case: looked up by event, changed step by step, kept at once."""

from __future__ import annotations

import getpass
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from queries.marks.model import (
    EDIT,
    MARK,
    REMOVE,
    UNDO,
    Entry,
    KeptRecord,
    Mark,
    last_step,
    replay,
)
from queries.marks.store import append, fold, joined, read_journal

AUTHOR = "ECR_INVESTIGATE_AUTHOR"
"""Environment variable: the name that marks are signed with, in place of the login name."""


def author() -> str:
    """Who marks: as configured, or the login name."""
    if configured := os.environ.get(AUTHOR, "").strip():
        return configured
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


class Marks:
    """Safe to use from several threads. What cannot be written to the disk is kept as long as the
    program runs; `problem` says why."""

    def __init__(
        self,
        journal: Path | None = None,
        case_file: Path | None = None,
        inside: Iterable[Entry] = (),
        elsewhere: Path | None = None,
        why_not: str = "",
    ) -> None:
        """`journal`: where steps are written. `case_file`: where they go in the end. `inside`: the
        journal that the case file has. `elsewhere`: that of the same evidence without a case."""
        self._lock = threading.RLock()
        self._journal = journal
        self._case_file = case_file
        self.problem = why_not
        written, broken = read_journal(journal) if journal is not None else ([], 0)
        self.broken_lines = broken
        known = joined(inside, written)
        have = {entry.id for entry in known}
        brought = read_journal(elsewhere)[0] if elsewhere is not None else []
        self._entries: list[Entry] = known
        for entry in brought:
            if entry.id not in have:
                self._write(entry)
        self._entries = joined(self._entries)
        self._marks = replay(self._entries)
        self._places: dict[str, int] = {}
        self._by_event: dict[int, str] = {}
        self.version = 0
        """Raised with each change."""

    # ---- reading ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._marks)

    @property
    def all(self) -> list[Mark]:
        """In the order of their events' time."""
        with self._lock:
            marks = list(self._marks.values())
        return sorted(marks, key=lambda m: (m.subject.get("event_time") or datetime.max, m.key))

    @property
    def entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)

    @property
    def places(self) -> dict[str, int]:
        """Key of a mark -> `event_key` in the open case, of those whose event is in it."""
        with self._lock:
            return dict(self._places)

    def get(self, key: str) -> Mark | None:
        return self._marks.get(key)

    def of_event(self, event_key: object) -> Mark | None:
        """The mark of an event of the open case."""
        if not isinstance(event_key, int):
            return None
        key = self._by_event.get(event_key)
        return self._marks.get(key) if key is not None else None

    def kept_record(
        self, event_id: str | None, sha256: str, position: int
    ) -> tuple[KeptRecord | None, Mark | None]:
        """A raw record out of the marks, by its event id, or by the file and the place in it."""
        kept = [(record, mark) for mark in self._marks.values() for record in mark.records]
        for record, mark in kept:
            if sha256 and (record.file_sha256, record.position) == (sha256, position):
                return record, mark
        for record, mark in kept:
            if event_id and record.event_id == event_id:
                return record, mark
        return None, None

    # ---- finding the events of a case ------------------------------------------------------

    def find(self, locate: Callable[[Sequence[Mark]], dict[str, int]]) -> None:
        """Look up where the marks' events are in the case that is open (now)."""
        places = locate(self.all)
        with self._lock:
            self._places = places
            self._by_event = {event_key: key for key, event_key in places.items()}
            self.version += 1

    # ---- changing --------------------------------------------------------------------------

    def mark(
        self,
        key: str,
        subject: Mapping[str, Any],
        records: Sequence[KeptRecord],
        *,
        is_push: bool,
        event_key: int | None,
        tags: Sequence[str] = (),
        comment: str = "",
    ) -> Mark:
        """Mark an event; one that is marked gets these tags and this comment."""
        entry = replace(
            _step(MARK, key),
            subject=dict(subject),
            records=tuple(records),
            is_push=is_push,
            tags=tuple(tags),
            comment=comment,
        )
        with self._lock:
            if event_key is not None:
                self._places[key] = event_key
                self._by_event[event_key] = key
            self._take(entry)
            return self._marks[key]

    def edit(self, key: str, tags: Sequence[str], comment: str) -> None:
        """Other tags and another comment for a mark."""
        with self._lock:
            self._take(replace(_step(EDIT, key), tags=tuple(tags), comment=comment))

    def remove(self, key: str) -> None:
        with self._lock:
            self._take(_step(REMOVE, key))

    def undo(self) -> Entry | None:
        """Take back the newest step that was not taken back; None when there is none."""
        with self._lock:
            step = last_step(self._entries)
            if step is not None:
                self._take(_step(UNDO, step.id))
            return step

    def _take(self, entry: Entry) -> None:
        self._write(entry)
        self._marks = replay(self._entries)
        self.version += 1

    def _write(self, entry: Entry) -> None:
        self._entries.append(entry)
        if self._journal is None:
            return
        try:
            append(self._journal, entry)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self.problem = f"marks cannot be kept in {self._journal}: {reason}"

    def close(self) -> None:
        """Move the steps into the case file, once nobody asks it any more."""
        if self._case_file is not None and self._journal is not None and self._journal.exists():
            fold(self._case_file, self._journal)


def _step(action: str, mark: str) -> Entry:
    return Entry(uuid.uuid4().hex, now(), author(), action, mark)


def now() -> datetime:
    """UTC, naive as all times here."""
    return datetime.now(UTC).replace(tzinfo=None)
