"""The record as delivered: found again in its file by position, byte for byte.

Keeping every record's text in the index was measured at two and a half times the build time and
two to ten times the size; finding it again costs reading one file, and shows what the evidence
says now (`changed` when the file is no longer the one that was indexed).
"""

from __future__ import annotations

from dataclasses import dataclass

from queries.case import Case
from queries.errors import InvestigationError
from queries.progress import CancelToken
from queries.reader import FileFacts, read_records


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record: its exact text, and where it stands."""

    text: str
    file_name: str
    position: int
    """Number of the record within the file, from 1."""
    kept: str = ""
    """Why this is the text that was kept with a mark; empty when it was read from the evidence."""


def raw_record(
    case: Case, file_id: int, position: int, cancel: CancelToken | None = None
) -> RawRecord:
    """Read one record again, or, where the evidence is gone or changed, take what was kept when it
    was marked. Raises `InvestigationError` when it was not."""
    try:
        return _read_again(case, file_id, position, cancel)
    except InvestigationError as error:
        kept = _kept_with_a_mark(case, file_id, position, str(error))
        if kept is None:
            raise
        return kept


def _kept_with_a_mark(case: Case, file_id: int, position: int, why: str) -> RawRecord | None:
    if not len(case.marks):
        return None
    rows = case.ask(
        "SELECT f.sha256, e.event_id FROM files AS f LEFT JOIN events AS e"
        " ON e.file_id = f.file_id AND e.position = $position WHERE f.file_id = $file",
        {"file": file_id, "position": position},
    ).rows
    sha256, event_id = rows[0] if rows else ("", None)
    record, mark = case.marks.kept_record(event_id, sha256 or "", position)
    if record is None or mark is None:
        return None
    when = f"{mark.time:%Y-%m-%d %H:%M} UTC"
    said = f"as kept in the case when {mark.author} marked it ({when}); now: {why}"
    if not record.whole:
        said = f"CHANGED since it was marked (its hash is another); {said}"
    return RawRecord(record.text, record.file_name, record.position, said)


def _read_again(case: Case, file_id: int, position: int, cancel: CancelToken | None) -> RawRecord:
    item = case.item(file_id)
    known = case.ask(
        "SELECT event_id FROM events WHERE file_id = $file AND position = $position",
        {"file": file_id, "position": position},
    ).rows
    facts = FileFacts()
    for number, record in enumerate(read_records(item, facts), 1):
        if number == position:
            found = record.fields.get("eventID") or record.fields.get("eventId")
            if known and known[0][0] is not None and found != known[0][0]:
                break
            return RawRecord(record.text, item.name, position)
        if cancel is not None and cancel.cancelled:
            raise InvestigationError("stopped")
    if facts.error:
        raise InvestigationError(f"{item.name}: {facts.error}; the record was in it when indexed")
    raise InvestigationError(
        f"{item.name}: has changed since it was indexed; record {position} is no longer the same"
    )
