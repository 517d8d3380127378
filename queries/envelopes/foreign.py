"""JSON that is not CloudTrail, named where it can be, so that the user knows what to do.

Asked last.
"""

from __future__ import annotations

from typing import Any

from queries.envelopes.eventbridge import is_event
from queries.envelopes.model import Found
from queries.json_stream import Piece

NAME = "not CloudTrail"

_KNOWN = (
    ({"schemaVersion", "service", "resource"}, "a GuardDuty finding, not a CloudTrail record"),
    ({"SchemaVersion", "Service", "Resource"}, "a GuardDuty finding, not a CloudTrail record"),
    ({"SchemaVersion", "ProductArn"}, "a Security Hub finding, not a CloudTrail record"),
    ({"udm"}, "a Chronicle UDM event, not a CloudTrail record: export the raw logs instead"),
    ({"idm"}, "a Chronicle UDM event, not a CloudTrail record: export the raw logs instead"),
    ({"s3", "eventSource"}, "an S3 notification, not a CloudTrail record"),
    ({"Sns"}, "an SNS notification, not a CloudTrail record"),
    ({"messageId", "receiptHandle"}, "an SQS message, not a CloudTrail record"),
    ({"s3Bucket", "s3ObjectKey"}, "a CloudTrail delivery notice, not a CloudTrail record"),
    ({"webaclId"}, "an AWS WAF log, not a CloudTrail record"),
    ({"query_name", "vpc_id"}, "a Route 53 resolver log, not a CloudTrail record"),
    ({"srcaddr", "dstaddr"}, "a VPC flow log, not a CloudTrail record"),
    ({"configurationItems"}, "an AWS Config history, not a CloudTrail record"),
    ({"insertId", "logName"}, "a Google Cloud log entry that is no audit log"),
    ({"operationName", "resourceId"}, "an Azure log of an unknown form"),
    ({"eventType", "eventTime", "topic"}, "an Event Grid event that is not a registry's"),
    ({"specversion", "type", "source"}, "a CloudEvents event that is not a registry's"),
)


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if not isinstance(value, dict):
        return Found(foreign=f"a JSON {_kind(value)}, not a CloudTrail record")
    if piece.container == "{}":
        return Found()
    if value.keys() == {"Records"}:
        return Found(foreign="a trail file whose Records is not a list")
    if is_event(value):
        kind = value["detail-type"][:60]
        return Found(foreign=f"an EventBridge event of another kind ({kind!r}), not CloudTrail")
    if _is_udm(value):
        return Found(
            foreign="a Chronicle UDM event, not a CloudTrail record: export the raw logs instead"
        )
    listed = value.get("Findings") or value.get("findings")
    first = listed[0] if isinstance(listed, list) and listed else None
    for each in (value, first if isinstance(first, dict) else {}):
        for members, what in _KNOWN:
            if members <= each.keys():
                return Found(foreign=what)
    seen = ", ".join(list(map(str, value))[:6]) or "none"
    return Found(
        foreign="JSON without CloudTrail fields (expected eventTime, eventSource, eventName;"
        f" keys seen: {seen[:120]})"
    )


def _is_udm(value: dict[str, Any]) -> bool:
    """UDM events: metadata with an event type, and nouns beside it, in either spelling."""
    inner = value.get("event")
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        return isinstance(inner, dict) and "metadata" in inner and _is_udm(inner)
    typed = "eventType" in metadata or "event_type" in metadata
    nouns = {"principal", "target", "src", "securityResult", "security_result"}
    return typed and not nouns.isdisjoint(value)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "truth value"
    return {str: "text", int: "number", float: "number", list: "list"}.get(type(value), "null")
