"""`aws cloudtrail lookup-events`: the record is a JSON text in the member CloudTrailEvent.

Only the record inside is used. The outer EventTime is an epoch number in version 1 of the AWS
CLI and local time with an offset in version 2 (aws/aws-cli#5279), so it is never read.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html
"""

from __future__ import annotations

from typing import Any

from queries.envelopes.model import Found, Record, looks_like_event
from queries.json_stream import Broken, JsonStream, Piece

NAME = "lookup-events"
ONE_PAGE = (
    "the export ends with a NextToken: it is one page of more, so evidence is incomplete; fetch"
    " the remaining pages"
)


def read(piece: Piece) -> Found | None:
    value = piece.value
    if piece.container == "{}" and isinstance(value, dict) and "NextToken" in value:
        return Found(more_pages=True)
    if isinstance(value, dict) and isinstance(value.get("CloudTrailEvent"), str):
        return _inner(value["CloudTrailEvent"])
    # --query 'Events[].CloudTrailEvent': an array of texts.
    if isinstance(value, str) and value.lstrip().startswith("{"):
        found = _inner(value)
        return found if found.records else None
    return None


def _inner(text: str) -> Found:
    parsed: list[Any] = list(JsonStream(iter((text,))))
    if len(parsed) == 1 and isinstance(parsed[0], Piece) and looks_like_event(parsed[0].value):
        inner = parsed[0]
        return Found([Record(inner.value, text, inner.repeated_keys)])
    cut = any(isinstance(part, Broken) for part in parsed)
    return Found(
        notes=[
            "a CloudTrailEvent text was cut or is not JSON; that record is missing"
            if cut
            else "a CloudTrailEvent text holds no CloudTrail record"
        ],
        damaged=1,
    )
