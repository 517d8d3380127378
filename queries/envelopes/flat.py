"""A table of CloudTrail events: one column for each field, in any spelling.

Athena results (structs as `{key=value}` text, parameters as JSON text), CloudTrail Lake, what
people select with jq or SQL, data frames written to CSV. What a table has no column for is
unknown, and said.
https://docs.aws.amazon.com/athena/latest/ug/cloudtrail-logs.html
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any

from queries.envelopes.columns import (
    MOST_COLUMNS,
    NOT_PRINTED,
    build_record,
    canonical,
    place,
    printed_in_part,
    tells_cloudtrail,
    unread_cells,
)
from queries.envelopes.model import NOT_IN_SOURCE, Found, Record, looks_like_event
from queries.envelopes.nested import open_value
from queries.json_stream import Piece

NAME = "table of events"
ROW = "csv"
"""The container of a row of a CSV file."""

_MISSING = (
    (
        "requestParameters",
        "the table has no requestParameters: tag and digest of a push, and the repository unless"
        " another column names it, are not in this source",
    ),
    ("userIdentity", "the table has no column for the user"),
    ("eventID", "the table has no eventID: copies of an event in other files are not recognised"),
    ("errorCode", "the table has no errorCode: failed calls look like successful ones"),
)


def read(piece: Piece, *, all_columns: bool = False) -> Found | None:
    """A row as a record. `all_columns` says that a row has every column that was asked for, so
    that what is missing is missing from the source and not just empty."""
    row: Any = piece.value
    all_columns = all_columns or piece.container == ROW
    if not isinstance(row, dict) or (not all_columns and looks_like_event(row)):
        return None
    if not tells_cloudtrail(map(str, row)) or _is_notice(row):
        return None
    if (whole := _whole(row)) is not None:
        # Steampipe's tables have the record as it was beside columns made of it.
        return open_value(replace(piece, **whole, container=None, depth=piece.depth + 1))
    if not _members(row) & {"eventTime", "eventID"}:
        # SELECT eventName, count(*) …
        return Found(foreign="a row without eventTime and eventID: a count or a list, not events")
    return found_in(row, piece, all_columns=all_columns)


def _whole(row: dict[str, Any]) -> dict[str, Any] | None:
    """A cell that is the whole record, as value and text; no field of the record itself, in which
    another may be told of."""
    for name, cell in row.items():
        text = cell if isinstance(cell, str) else ""
        if isinstance(cell, str) and text.lstrip()[:1] == "{" and '"eventTime"' in text:
            try:
                cell = json.loads(text)
            except (ValueError, RecursionError):
                continue
        if not isinstance(cell, dict) or "eventTime" not in cell or not looks_like_event(cell):
            continue
        if len(name) > 256 or place(name) is None:
            return {"value": cell, "text": text or json.dumps(cell, ensure_ascii=False)}
    return None


def found_in(row: dict[str, Any], piece: Piece, *, all_columns: bool) -> Found:
    """The record of a row that is known to be one."""
    record = build_record(row)
    if not record:
        return Found(notes=["a row is empty"])
    about = []
    if all_columns:
        members = _members(row)
        about = [text for member, text in _MISSING if member not in members]
        if "userIdentity" not in members:
            record["userIdentity"] = {"userName": NOT_IN_SOURCE}
    notes = unread_cells(record)
    if printed_in_part(row):
        about.append(NOT_PRINTED)
    lossy = bool(about or notes)
    found = Record(record, piece.text, piece.repeated_keys, lossy=lossy)
    return Found([found], notes=notes, about=about)


def _members(row: dict[str, Any]) -> frozenset[str]:
    """The members of a record that a table with the columns of this row has."""
    short = (name for name in row if len(name) <= 256)
    return _members_of(tuple(islice(short, MOST_COLUMNS)))


@lru_cache(maxsize=256)
def _members_of(names: tuple[str, ...]) -> frozenset[str]:
    places = (place(name) for name in names)
    return frozenset(where[0][0] for where in places if where is not None)


def _is_notice(row: dict[str, Any]) -> bool:
    """S3 and SQS notifications use the same names, their source is `aws:s3` and the like; Azure's
    Activity Log has objects under them."""
    return any(
        canonical(str(name)) == "eventsource"
        and (isinstance(cell, dict) or (isinstance(cell, str) and cell[:4] in ("aws:", "")))
        for name, cell in row.items()
    )
