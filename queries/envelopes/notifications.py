"""Notices and queues: SNS, SQS, S3 notifications. One may carry a record; most only point to one.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from queries.envelopes.model import Found
from queries.envelopes.nested import join, open_text
from queries.json_stream import Piece

NAME = "SNS/SQS"


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("Messages"), list):
        several = [_message(message, piece) for message in value["Messages"]]
        known = [found for found in several if found is not None]
        return join(iter(known)) if known and len(known) == len(several) else None
    return _message(value, piece)


def _message(value: Any, piece: Piece) -> Found | None:
    if not isinstance(value, dict):
        return None
    for what, text in _bodies(value):
        found = open_text(text, piece, what)
        if found.records or found.damaged:
            return found
        # What it points at is another file; what it is matters more than what is in it.
        return Found(foreign=f"{what}, not a CloudTrail record")
    return None


def _bodies(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    notice = value.get("Sns")
    if isinstance(notice, dict) and isinstance(notice.get("Message"), str):
        yield "an SNS notification", notice["Message"]
    elif isinstance(value.get("Message"), str) and ("TopicArn" in value or "MessageId" in value):
        yield "an SNS notification", value["Message"]
    for body, beside in (("body", "messageId"), ("Body", "MessageId")):
        if isinstance(value.get(body), str) and beside in value:
            yield "an SQS message", value[body]
