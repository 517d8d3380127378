"""Panther: the record with Panther's own fields (`p_…`) beside it.

https://docs.panther.com/search/panther-fields
"""

from __future__ import annotations

from queries.envelopes.model import Found, Record, looks_like_event
from queries.json_stream import Piece

NAME = "Panther"
_OWN = ("p_event_time", "p_log_type", "p_row_id", "p_source_id", "p_parse_time")


def read(piece: Piece) -> Found | None:
    value = piece.value
    if not isinstance(value, dict) or not any(name in value for name in _OWN):
        return None
    if not looks_like_event(value):
        return None
    fields = {name: member for name, member in value.items() if not str(name).startswith("p_")}
    return Found([Record(fields, piece.text, piece.repeated_keys)])
