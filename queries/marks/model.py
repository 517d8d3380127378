"""Marks and the journal that they are made from.

Nothing is ever overwritten: marking, editing, removing and undoing are entries of a journal, and
the marks are what is left when the entries are gone through in their order. So a step can be taken
back, and two copies of a journal are joined by putting their entries together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MARK, EDIT, REMOVE, UNDO = ACTIONS = ("mark", "edit", "remove", "undo")

SUBJECT = (
    "event_time", "event_name", "event_source", "target", "repository", "image_tags",
    "image_digest", "outcome", "error_code", "principal", "identity_arn", "origin",
    "access_key_id", "source_ip_address", "user_agent", "aws_region", "account_id", "event_id",
)  # fmt: skip
"""What a mark says about its event, so that it can be read where the evidence is not."""


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A raw record as delivered, and where it stood."""

    text: str
    sha256: str
    """Of the text, in UTF-8."""
    event_id: str | None
    file_name: str
    file_sha256: str
    position: int
    """Number of the record within the file, from 1."""

    @property
    def whole(self) -> bool:
        """Whether the text is still the one whose hash was written down when it was marked."""
        return sha256_of(self.text) == self.sha256


@dataclass(frozen=True, slots=True)
class Entry:
    """One step: who did what to which mark, and when (UTC, naive)."""

    id: str
    time: datetime
    author: str
    action: str
    mark: str = ""
    """Key of the mark (`key_of`); with `undo` the id of the entry that is taken back."""
    tags: tuple[str, ...] = ()
    comment: str = ""
    subject: Mapping[str, Any] = field(default_factory=dict)
    is_push: bool = False
    records: tuple[KeptRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """One event (or push, by the event that names it) marked as evidence."""

    key: str
    subject: Mapping[str, Any]
    is_push: bool
    records: tuple[KeptRecord, ...]
    """The first is the event's own; a push has those of its other manifests too."""
    tags: tuple[str, ...]
    comment: str
    author: str
    time: datetime
    changed_by: str
    changed: datetime

    @property
    def record(self) -> KeptRecord | None:
        return self.records[0] if self.records else None

    @property
    def event_id(self) -> str | None:
        found = self.subject.get("event_id")
        return str(found) if found else None


def key_of(event_id: str | None, text: str | None, subject: Mapping[str, Any]) -> str:
    """What identifies an event however often its evidence is read: its id and, where exports have
    none, its raw record; where that cannot be read either, what is known of it."""
    if event_id:
        return f"id:{event_id}"
    if text is not None:
        return f"record:{sha256_of(text)}"
    known = json.dumps({k: str(v) for k, v in sorted(subject.items()) if v is not None})
    return f"facts:{sha256_of(known)}"


def sha256_of(text: str) -> str:
    """Of a record's text; a lone surrogate counts as the escape that JSON has for it."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def replay(entries: Iterable[Entry]) -> dict[str, Mark]:
    """The marks that the steps lead to, in the order in which they were made."""
    steps = list(entries)
    undone = {entry.mark for entry in steps if entry.action == UNDO}
    marks: dict[str, Mark] = {}
    for entry in steps:
        if entry.id in undone or entry.action == UNDO:
            continue
        before = marks.get(entry.mark)
        if entry.action == REMOVE:
            marks.pop(entry.mark, None)
        elif entry.action == MARK:
            marks[entry.mark] = _marked(entry, before)
        elif before is not None:
            marks[entry.mark] = _edited(before, entry)
    return marks


def last_step(entries: Iterable[Entry]) -> Entry | None:
    """The newest step that was not taken back."""
    steps = list(entries)
    undone = {entry.mark for entry in steps if entry.action == UNDO}
    left = [e for e in steps if e.action != UNDO and e.id not in undone]
    return left[-1] if left else None


def _marked(entry: Entry, before: Mark | None) -> Mark:
    first = before or entry
    return Mark(
        key=entry.mark,
        subject=entry.subject,
        is_push=entry.is_push,
        records=entry.records or (before.records if before else ()),
        tags=entry.tags,
        comment=entry.comment,
        author=first.author,
        time=first.time,
        changed_by=entry.author,
        changed=entry.time,
    )


def _edited(mark: Mark, entry: Entry) -> Mark:
    return Mark(
        key=mark.key,
        subject=mark.subject,
        is_push=mark.is_push,
        records=mark.records,
        tags=entry.tags,
        comment=entry.comment,
        author=mark.author,
        time=mark.time,
        changed_by=entry.author,
        changed=entry.time,
    )
