"""What an envelope can say about one JSON value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_EVENT_FIELDS = frozenset(
    {
        "eventVersion",
        "eventTime",
        "eventSource",
        "eventName",
        "eventID",
        "eventId",
        "awsRegion",
        "userIdentity",
        "requestParameters",
        "eventType",
        "insightDetails",
        "recipientAccountId",
    }
)


@dataclass(slots=True)
class Record:
    """One CloudTrail record: its fields, and its text exactly as delivered."""

    fields: dict[str, Any]
    text: str
    repeated_keys: bool = False


@dataclass(slots=True)
class Found:
    """What one piece of a file turned out to be.

    Records, or a reason to pass over it: `skipped` for what belongs to a trail but holds no
    events (digests), `foreign` for what is no CloudTrail at all. `notes` are sentences for the
    ledger.
    """

    records: Sequence[Record] = ()
    skipped: str = ""
    foreign: str = ""
    notes: list[str] = field(default_factory=list)
    damaged: int = 0
    """Records that were there but could not be read."""


_TELLING_FIELDS = _EVENT_FIELDS - {"eventTime", "eventType", "awsRegion", "eventId"}
"""Fields that other vendors' events do not share (Event Grid has eventTime and eventType)."""


def looks_like_event(value: object) -> bool:
    """Whether a JSON object is a CloudTrail record: two of the record's own field names.

    Old or service records lack many fields (record version 1.0 has no eventID; Insight records
    have no eventName), so no single field decides. S3, SQS and SES notifications use the same
    names, but their eventSource is `aws:s3` and the like, never a service's host name.
    """
    if not isinstance(value, dict):
        return False
    if len(_EVENT_FIELDS.intersection(value)) < 2 or not _TELLING_FIELDS.intersection(value):
        return False
    source = value.get("eventSource")
    return not (isinstance(source, str) and source.startswith("aws:"))
