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
    lossy: bool = False
    """True when the source keeps only parts of a record: a copy of it elsewhere says more."""
    mapped: dict[str, Any] | None = None
    """What a provider says beside CloudTrail's fields (`queries.providers.event`)."""


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
    """Said with a count: each is one thing that happened."""
    about: list[str] = field(default_factory=list)
    """Said once for the file: what a source of this kind cannot know."""
    damaged: int = 0
    """Records that were there but could not be read."""
    where: str = ""
    """Where the records come from, as the export says it: a log group."""
    more_pages: bool = False
    """The end of a page that says that others follow."""


NOT_IN_SOURCE = "(not in this source)"
"""Stands where a name would, when the export has no field for it at all."""


_TELLING_FIELDS = _EVENT_FIELDS - {"eventTime", "eventType", "awsRegion", "eventId"}
"""Fields that other vendors' events do not share (Event Grid has eventTime and eventType)."""


_FLATTENED = frozenset(
    f"userIdentity{sign}{name}"
    for sign in "._/"
    for name in ("arn", "type", "userName", "principalId", "accountId", "accessKeyId")
)
_CHOSEN_BY_HAND = frozenset(
    (
        *("arn", "userArn", "user", "userName", "username", "principal", "principalId", "actor"),
        *("accessKeyId", "repositoryName", "repository", "repo", "imageTag", "imageDigest"),
    )
)
"""What people call the members that they pick out of a record, and no record has at its top."""


def looks_like_event(value: object) -> bool:
    """Whether a JSON object is a CloudTrail record: two of the record's own field names.

    Old or service records lack many fields (record version 1.0 has no eventID; Insight records
    have no eventName), so no single field decides. S3, SQS and SES notifications use the same
    names, but their eventSource is `aws:s3` and the like, never a service's host name. A row of a
    table with CloudTrail's names is not the record itself (see `flat`): its identity is a text in
    another form, or spread over several members.
    """
    if not isinstance(value, dict):
        return False
    if len(_EVENT_FIELDS.intersection(value)) < 2 or not _TELLING_FIELDS.intersection(value):
        return False
    source, name = value.get("eventSource"), value.get("eventName")
    if isinstance(source, str) and source.startswith("aws:"):
        return False
    if isinstance(source, dict) and isinstance(name, dict):
        return False  # Azure's Activity Log has objects under these names
    identity = value.get("userIdentity")
    if isinstance(identity, str) and identity[:1] == "{" and identity[1:2] not in ('"', "}"):
        return False
    whole = isinstance(identity, dict) or "eventVersion" in value
    if not whole and not _CHOSEN_BY_HAND.isdisjoint(value):
        return False
    return _FLATTENED.isdisjoint(value)
