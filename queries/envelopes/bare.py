"""Records without a wrapping: NDJSON, a JSON array, one pasted event, objects glued together."""

from __future__ import annotations

from queries.envelopes.model import Found, Record, looks_like_event
from queries.json_stream import Piece

NAME = "CloudTrail events"


def read(piece: Piece) -> Found | None:
    if piece.container not in (None, "[]") or not looks_like_event(piece.value):
        return None
    return Found([Record(piece.value, piece.text, piece.repeated_keys)])
