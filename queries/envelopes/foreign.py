"""JSON that is not CloudTrail, named where it can be, so that the user knows what to do.

Asked last.
"""

from __future__ import annotations

from queries.envelopes.model import Found
from queries.json_stream import Piece

NAME = "not CloudTrail"

_KNOWN = (
    ({"schemaVersion", "service", "resource"}, "a GuardDuty finding, not a CloudTrail record"),
    ({"s3", "eventSource"}, "an S3 notification, not a CloudTrail record"),
    ({"Sns"}, "an SNS notification, not a CloudTrail record"),
    ({"messageId", "receiptHandle"}, "an SQS message, not a CloudTrail record"),
    ({"s3Bucket", "s3ObjectKey"}, "a CloudTrail delivery notice, not a CloudTrail record"),
    ({"detail-type", "source"}, "an EventBridge event, which this version does not read"),
    ({"auditID", "verb"}, "a Kubernetes audit event, not a CloudTrail record"),
    ({"protoPayload"}, "a Google Cloud audit log, not a CloudTrail record"),
)


def read(piece: Piece) -> Found | None:
    value = piece.value
    if not isinstance(value, dict):
        return Found(foreign=f"a JSON {_kind(value)}, not a CloudTrail record")
    if piece.container == "{}":
        return Found()
    if value.keys() == {"Records"}:
        return Found(foreign="a trail file whose Records is not a list")
    for members, what in _KNOWN:
        if members <= value.keys():
            return Found(foreign=what)
    seen = ", ".join(list(map(str, value))[:6]) or "none"
    return Found(
        foreign="JSON without CloudTrail fields (expected eventTime, eventSource, eventName;"
        f" keys seen: {seen[:120]})"
    )


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "truth value"
    return {str: "text", int: "number", float: "number", list: "list"}.get(type(value), "null")
