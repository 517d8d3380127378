"""Trail delivery: `{"Records": [...]}`, as CloudTrail writes it to S3.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
"""

from __future__ import annotations

from queries.envelopes.model import Found, Record, looks_like_event
from queries.json_stream import CONTAINER_KEYS, Piece

NAME = "trail delivery"


def read(piece: Piece) -> Found | None:
    # `records`, `events` and `Events` come from hand-made extracts of the same shape.
    if piece.container not in CONTAINER_KEYS or not looks_like_event(piece.value):
        return None
    return Found([Record(piece.value, piece.text, piece.repeated_keys)])
