"""Between marks and the events of a case: mark an event, and find a mark's event again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from queries.errors import InvestigationError
from queries.marks.model import SUBJECT, KeptRecord, Mark, key_of, sha256_of
from queries.question import ask_for

if TYPE_CHECKING:
    from queries.case import Case
    from queries.progress import CancelToken

_MOST_MANIFESTS = 50
"""Records kept with one push; an index of more platforms is not seen in practice."""
_MOST_READ = 50
"""Records read to tell apart events that share all that a mark knows of them."""


def mark_event(
    case: Case,
    event_key: int,
    tags: Sequence[str] = (),
    comment: str = "",
    cancel: CancelToken | None = None,
) -> Mark:
    """Mark an event, and keep its raw record; of a push the records of all its manifests.

    Where a record can no longer be read the mark is made without it. Raises `InvestigationError`
    when the event is not in the case.
    """
    found = case.ask(*_asked("event", event_key=event_key), cancel).dicts()
    if not found:
        raise InvestigationError("this event is not in the case")
    event = found[0]
    push = case.ask(
        "SELECT repository, image_tags, image_digest, origin FROM pushes WHERE push_key = $key",
        {"key": event_key},
        cancel,
    ).dicts()
    subject = {name: event.get(name) for name in SUBJECT}
    subject["image_tags"] = event.get("image_tag")
    subject["origin"] = _origin(case, event.get("access_key_id"), cancel)
    if push:
        subject.update({name: value for name, value in push[0].items() if value is not None})
    own = _kept(case, event, cancel)
    records = [own] if own is not None else []
    if push and own is not None:
        records += _of_manifests(case, event_key, cancel)
    key = key_of(event["event_id"], own.text if own else None, subject)
    if event["event_id"] and own and len(_candidates(case, [event["event_id"]], cancel)) > 1:
        key = f"{key} record:{own.sha256}"  # records that contradict each other under one id
    return case.marks.mark(
        key,
        subject,
        records,
        is_push=bool(push),
        event_key=event_key,
        tags=tags,
        comment=comment,
    )


def locate_marks(
    case: Case, marks: Sequence[Mark], cancel: CancelToken | None = None
) -> dict[str, int]:
    """Key of a mark -> `event_key`, for the marks whose event is in the case."""
    ids = sorted({mark.event_id for mark in marks if mark.event_id})
    by_id: dict[str, list[dict[str, Any]]] = {}
    if ids:
        for row in _candidates(case, ids, cancel):
            by_id.setdefault(row["event_id"], []).append(row)
    places: dict[str, int] = {}
    for mark in marks:
        rows = by_id.get(mark.event_id, []) if mark.event_id else _alike(case, mark, cancel)
        if (place := _the_one(case, mark, rows, cancel)) is not None:
            places[mark.key] = place
    return places


def _the_one(
    case: Case, mark: Mark, rows: list[dict[str, Any]], cancel: CancelToken | None
) -> int | None:
    """Which of the events that could be meant: the one at the same place of the same file, or the
    one whose record is the same."""
    if len(rows) == 1 and mark.event_id:
        return int(rows[0]["event_key"])
    record = mark.record
    if record is None:
        return int(rows[0]["event_key"]) if len(rows) == 1 else None
    place = (record.file_sha256, record.position)
    for row in rows:
        if (row["sha256"], row["position"]) == place:
            return int(row["event_key"])
    for row in rows[:_MOST_READ]:
        kept = _kept(case, row, cancel)
        if kept is not None and kept.sha256 == record.sha256:
            return int(row["event_key"])
    return None


_PLACES = """
SELECT e.event_key, e.event_id, e.file_id, e.position, f.sha256, f.name AS file_name
FROM events AS e LEFT JOIN files AS f ON f.file_id = e.file_id
"""


def _candidates(case: Case, ids: Sequence[str], cancel: CancelToken | None) -> list[dict[str, Any]]:
    """Events with one of these ids; what was joined to another counts only where the other has
    another id."""
    rows = case.ask(
        f"{_PLACES} WHERE e.event_id IN (SELECT unnest($ids::VARCHAR[]))"
        " ORDER BY e.merged_into IS NOT NULL, e.event_key",
        {"ids": list(ids)},
        cancel,
    ).dicts()
    return rows


def _alike(case: Case, mark: Mark, cancel: CancelToken | None) -> list[dict[str, Any]]:
    """Events without an id, of the same moment and name."""
    subject = mark.subject
    return case.ask(
        f"{_PLACES} WHERE e.event_id IS NULL AND e.event_time = $time AND e.event_name = $name"
        " ORDER BY e.event_key",
        {"time": subject.get("event_time"), "name": subject.get("event_name")},
        cancel,
    ).dicts()


def _kept(case: Case, row: dict[str, Any], cancel: CancelToken | None) -> KeptRecord | None:
    from queries.raw import raw_record

    try:
        raw = raw_record(case, row["file_id"], row["position"], cancel)
    except (InvestigationError, OSError):
        return None
    sha256 = row.get("file_sha256") or row.get("sha256") or ""
    return KeptRecord(
        text=raw.text,
        sha256=sha256_of(raw.text),
        event_id=row["event_id"],
        file_name=raw.file_name,
        file_sha256=sha256,
        position=raw.position,
    )


def _of_manifests(case: Case, push_key: int, cancel: CancelToken | None) -> list[KeptRecord]:
    rows = case.ask(
        f"{_PLACES} WHERE e.event_key <> $key AND e.event_key IN"  # noqa: S608 - our own text
        " (SELECT r.event_key FROM push_records AS r WHERE r.push_key = $key)"
        " ORDER BY e.event_key LIMIT $most",
        {"key": push_key, "most": _MOST_MANIFESTS},
        cancel,
    ).dicts()
    kept = (_kept(case, row, cancel) for row in rows)
    return [record for record in kept if record is not None]


def _origin(case: Case, access_key: object, cancel: CancelToken | None) -> str | None:
    if not access_key:
        return None
    rows = case.ask(
        "SELECT origin FROM sessions WHERE access_key_id = $key LIMIT 1",
        {"key": access_key},
        cancel,
    ).rows
    return rows[0][0] if rows else None


def _asked(name: str, **parameters: Any) -> tuple[str, dict[str, Any]]:
    question = ask_for(name, **parameters)
    return question.sql, question.bound
