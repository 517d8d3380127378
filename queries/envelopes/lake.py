"""CloudTrail Lake: `aws cloudtrail get-query-results`, and results saved to a bucket.

A row is a list of objects with one key each. The column eventJson holds the whole record; other
columns are read by their names. Maps and structs come as text, `{key=value, …}`.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetQueryResults.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from queries.envelopes import flat
from queries.envelopes.lookup_events import ONE_PAGE
from queries.envelopes.model import Found
from queries.envelopes.nested import open_text
from queries.json_stream import Piece

NAME = "CloudTrail Lake"
_RECORD = "eventJson"


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if isinstance(value, dict):
        if "hashSignature" in value and "publicKeyFingerprint" in value and "files" in value:
            return Found(skipped="signature of a CloudTrail Lake result (hashes, no events)")
        if piece.container == "{}" and "QueryStatus" in value:
            return _query(value)
        text = value.get(_RECORD)
        return open_text(text, piece, "an eventJson text") if isinstance(text, str) else None
    if piece.container != "QueryResultRows" or not isinstance(value, list):
        return None
    row: dict[str, Any] = {}
    for cell in value:
        if isinstance(cell, dict):
            row |= cell
    text = row.get(_RECORD)
    if isinstance(text, str):
        return open_text(text, piece, "an eventJson text")
    return flat.read(replace(piece, value=row), all_columns=True) or Found(
        foreign="a CloudTrail Lake row without the columns of an event"
    )


def _query(rest: dict[str, Any]) -> Found:
    notes = [ONE_PAGE] if "NextToken" in rest else []
    status = str(rest["QueryStatus"])
    if status != "FINISHED":
        notes.append(f"the query was not finished (status {status[:20]!r}): its results are a part")
    return Found(notes=notes)
