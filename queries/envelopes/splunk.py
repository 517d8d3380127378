"""Splunk search results, as JSON or CSV: `_raw` is the event as it came in.

The JSON export writes one `{"preview", "offset", "result"}` per line, the REST interface
`{"results": [...]}`, and the HTTP Event Collector takes `{"time", "event"}`. Without _raw, the
fields that Splunk extracted carry CloudTrail's names.
https://docs.splunk.com/Documentation/Splunk/latest/Search/ExportdatausingSplunkWeb
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from queries.envelopes import flat
from queries.envelopes.model import Found
from queries.envelopes.nested import open_text, open_value
from queries.json_stream import Piece

NAME = "Splunk"
_COLLECTOR = frozenset({"time", "host", "source", "sourcetype", "index", "fields", "event"})
"""What is sent to the HTTP Event Collector."""
CUT = "Splunk cuts events at 10,000 bytes unless TRUNCATE says otherwise for their source type"


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    if "preview" in value and ("result" in value or "lastrow" in value or "offset" in value):
        row = value.get("result")
        if not isinstance(row, dict):
            return Found()
        found = _row(row, piece) or Found(foreign="a Splunk result without CloudTrail fields")
        if value["preview"] is True:
            found.about.append("Splunk's search was still running: these results are a preview")
        return found
    if "event" in value and len(value) > 1 and value.keys() <= _COLLECTOR:
        event = value["event"]
        if isinstance(event, str):
            return open_text(event, piece, "a Splunk event")
        text = json.dumps(event, ensure_ascii=False)
        return open_value(Piece(event, text, None, piece.repeated_keys, piece.depth + 1))
    return _row(value, piece) if isinstance(value.get("_raw"), str) else None


def _row(row: dict[str, Any], piece: Piece) -> Found | None:
    raw = row.get("_raw")
    if isinstance(raw, str):
        return open_text(raw, piece, "a Splunk _raw text", CUT)
    # A field with several values is a list; one with a single value may be too.
    plain = {
        name: cell[0] if isinstance(cell, list) and len(cell) == 1 else cell
        for name, cell in row.items()
    }
    return flat.read(replace(piece, value=plain))
