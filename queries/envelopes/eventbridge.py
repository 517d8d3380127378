"""EventBridge: the CloudTrail record is the member `detail`.

A rule target (a file, a log group, Firehose) receives the whole event; the raw record shown is
that event, as delivered.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

from typing import Any

from queries.envelopes.model import Found, Record, looks_like_event
from queries.json_stream import Piece

NAME = "EventBridge"


def is_event(value: object) -> bool:
    """Whether a value is an EventBridge event of any kind."""
    # A rule's pattern has lists there.
    return (
        isinstance(value, dict) and isinstance(value.get("detail-type"), str) and "source" in value
    )


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if not is_event(value) or not value["detail-type"].endswith("via CloudTrail"):
        return None
    detail = value.get("detail")
    if not looks_like_event(detail):
        return Found(
            notes=["an EventBridge event says it is from CloudTrail and holds no record"],
            damaged=1,
        )
    return Found([Record(detail, piece.text, piece.repeated_keys)])
