"""Entries of the journal as lines of JSON, and back. A journal may come from somebody else, so
whatever is read is checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from queries.marks.model import ACTIONS, SUBJECT, Entry, KeptRecord

_LONGEST = 64 << 20
"""Characters of one line that are looked at; a record is 16 MiB at most."""


def line_of(entry: Entry) -> str:
    """One line of ASCII, without the newline."""
    subject = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in entry.subject.items()
    }
    written: dict[str, Any] = {
        "id": entry.id,
        "time": entry.time.isoformat(),
        "author": entry.author,
        "action": entry.action,
        "mark": entry.mark,
        "tags": list(entry.tags),
        "comment": entry.comment,
        "push": entry.is_push,
        "subject": subject,
        "records": [
            {field.name: getattr(record, field.name) for field in fields(KeptRecord)}
            for record in entry.records
        ],
    }
    return json.dumps(written, ensure_ascii=True)


def entry_of(line: str) -> Entry | None:
    """The entry on a line; None when it is none."""
    try:
        found = json.loads(line) if len(line) < _LONGEST else None
        return _entry(found) if isinstance(found, dict) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _entry(found: Mapping[str, Any]) -> Entry | None:
    if found["action"] not in ACTIONS:
        return None
    return Entry(
        id=str(found["id"]),
        time=datetime.fromisoformat(found["time"]).replace(tzinfo=None),
        author=str(found["author"]),
        action=found["action"],
        mark=str(found["mark"]),
        tags=tuple(str(tag) for tag in found.get("tags") or ()),
        comment=str(found.get("comment") or ""),
        subject=_subject(found.get("subject") or {}),
        is_push=bool(found.get("push")),
        records=tuple(_record(record) for record in found.get("records") or ()),
    )


def _subject(found: Mapping[str, Any]) -> dict[str, Any]:
    subject: dict[str, Any] = {}
    for name in SUBJECT:
        value = found.get(name)
        subject[name] = None if value is None else str(value)
    if subject["event_time"] is not None:
        subject["event_time"] = datetime.fromisoformat(subject["event_time"]).replace(tzinfo=None)
    return subject


def _record(found: Mapping[str, Any]) -> KeptRecord:
    event_id = found.get("event_id")
    return KeptRecord(
        text=str(found["text"]),
        sha256=str(found["sha256"]),
        event_id=None if event_id is None else str(event_id),
        file_name=str(found["file_name"]),
        file_sha256=str(found["file_sha256"]),
        position=int(found["position"]),
    )
