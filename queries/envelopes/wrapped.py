"""Records inside the JSON of a tool that has no envelope of its own here.

Shippers and SIEMs hand a record on as a member or as a text: Datadog's archives
(`attributes`), Wazuh's alerts (`data.aws`), Graylog's `full_message`, Fluent Bit's `log`, Sumo
Logic's `messages[].map._raw`, Firehose's `rawData` in base64, scripts that collect records in a
member of their own. What stands beside the record is not read. Asked before `foreign`, so whatever
is known by name is not taken apart, and only what is a whole record counts: patterns and summaries
name the same fields.
https://docs.datadoghq.com/logs/log_configuration/archives/
https://documentation.wazuh.com/current/cloud-security/amazon/services/supported-services/cloudtrail.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from queries.envelopes.base64_text import holds_payload, is_payload
from queries.envelopes.model import Found, Record
from queries.envelopes.nested import MAX_DEPTH, join, open_text, open_value
from queries.json_stream import Piece

NAME = "records within other JSON"
ABOUT = "the records stand within another tool's JSON: they were read, what is beside them was not"
_SIGNS = ("eventSource", "userIdentity", "protoPayload", "auditID", "ContainerRegistry")
"""Without one of these in its text, a value is not looked through."""


def read(piece: Piece) -> Found | None:
    if piece.depth >= MAX_DEPTH or not _may_hold(piece.text):
        return None
    found = join(_within(piece.value, piece))
    records = [record for record in found.records if _is_whole(record)]
    if not records and not found.damaged:
        return None
    if len(records) == 1 and isinstance(piece.value, dict):
        records[0].text = piece.text
    about = [ABOUT, *(text for text in found.about if text != ABOUT)]
    return replace(found, records=records, about=about, foreign="", skipped="")


def _may_hold(text: str) -> bool:
    return any(sign in text for sign in _SIGNS) or holds_payload(text)


def _within(value: Any, piece: Piece) -> Iterator[Found]:
    if isinstance(value, str):
        if value.lstrip()[:1] in ("{", "["):
            yield open_text(value, piece, "a text within other JSON")
        elif is_payload(value) and piece.value is not value:
            yield open_value(replace(piece, value=value, text=value, depth=piece.depth + 1))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _opened(inner, piece)
    elif isinstance(value, list):
        for inner in value:
            yield from _opened(inner, piece)


def _opened(inner: Any, piece: Piece) -> Iterator[Found]:
    if isinstance(inner, str):
        yield from _within(inner, piece)
    elif isinstance(inner, dict | list) and inner:
        text = json.dumps(inner, ensure_ascii=False)
        yield open_value(
            replace(piece, value=inner, text=text, container=None, depth=piece.depth + 1)
        )


def _is_whole(record: Record) -> bool:
    """Not a pattern or a summary with the same names."""
    if record.mapped:
        return True
    time = record.fields.get("eventTime")
    return not record.lossy and isinstance(time, str | int | float) and bool(time)
