"""What AWS hands to a Lambda function or a Kinesis reader: log data in base64, mostly gzip inside.

CloudWatch Logs sends `{"awslogs": {"data": …}}`; a Kinesis stream `Records[].kinesis.data`;
Firehose, for its transformation, `records[].data`; and `aws kinesis get-records` prints
`Records[].Data`. A base64 text of its own is read alike. Inside are the subscription documents
that `cloudwatch` reads, or records.
https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
"""

from __future__ import annotations

import binascii
from typing import Any

from queries.decompress import LONGEST_MAGIC, compression_of, decompressed
from queries.envelopes.base64_text import decoded, is_payload
from queries.envelopes.model import Found
from queries.envelopes.nested import open_text
from queries.json_stream import Piece

NAME = "base64 payload"
_MAX_LAYERS = 3
_LIMIT = 256 << 20
"""Bytes that one payload may unpack to. Kinesis takes 1 MiB (10 MiB at most) a record."""


def read(piece: Piece) -> Found | None:
    known = _data(piece.value)
    if known is None:
        return None
    what, data = known
    try:
        stored = decoded(data)
    except (binascii.Error, ValueError):
        return _broken(f"{what} that is not base64")
    plain, damage = _unpacked(stored)
    found = open_text(plain.decode("utf-8", "replace"), piece, what)
    if not damage:
        return found
    # What came before the damage is kept.
    return Found(
        found.records, notes=[f"{what}: {damage}", *found.notes], damaged=max(1, found.damaged)
    )


def _data(value: Any) -> tuple[str, str] | None:
    """What kind of payload this is, and its base64 text."""
    if isinstance(value, str) and is_payload(value):
        return "a base64 text", value
    if not isinstance(value, dict):
        return None
    logs, kinesis = value.get("awslogs"), value.get("kinesis")
    if isinstance(logs, dict) and isinstance(logs.get("data"), str):
        return "CloudWatch data for a Lambda function", logs["data"]
    if isinstance(kinesis, dict) and isinstance(kinesis.get("data"), str):
        return "Kinesis data for a Lambda function", kinesis["data"]
    if isinstance(value.get("data"), str) and "recordId" in value:
        return "a Firehose record", value["data"]
    if isinstance(value.get("Data"), str) and "SequenceNumber" in value:
        return "a Kinesis record", value["Data"]
    return None


def _unpacked(data: bytes) -> tuple[bytes, str]:
    """The bytes without their compression, and what was wrong with it."""
    damage: list[str] = []
    for _ in range(_MAX_LAYERS):
        name = compression_of(data[:LONGEST_MAGIC])
        if not name:
            break
        out = bytearray()
        for chunk in decompressed(iter((data,)), name, damage, []):
            out += chunk
            if len(out) > _LIMIT:
                return b"", f"unpacks to more than {_LIMIT >> 20} MiB, so it was not opened"
        data = bytes(out)
    return data, damage[0] if damage else ""


def _broken(what: str) -> Found:
    return Found(foreign=what)
