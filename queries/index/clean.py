"""Make any record into JSON that the shared INSERT reads without loss."""

from __future__ import annotations

import json
import re
from typing import Any

from queries.deep_json import bare, write_deep
from queries.providers.aws.named import identity_of
from queries.reader import FileFacts
from queries.times import utc_time

_TIME_SHAPE = re.compile(r".{4}-.{2}-.{2}T.{2}:.{2}:.{2}.*Z", re.DOTALL)
"""What the shared INSERT takes for a time (LIKE '____-__-__T__:__:__%Z') and reads itself."""
_USUAL_TIME = re.compile(r"[\d-]{10}T(?!24)[\d:]{6}[0-5]\d(?:\.\d{1,9})?Z", re.ASCII)
"""Of those, the ones that it reads for sure: a comma before the fraction it would not, nor a leap
second."""
_AGGREGATED = (
    "an aggregated event stands for all calls of some minutes; how many they are is in its record"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


_OBJECTS = (
    "userIdentity",
    "requestParameters",
    "responseElements",
    "serviceEventDetails",
    "additionalEventData",
    "addendum",
    "resources",
)

MAPPED = "mapped"
"""The member for what a provider said: never one of the record itself."""


def clean_record(
    fields: dict[str, Any],
    facts: FileFacts | None = None,
    mapped: dict[str, Any] | None = None,
) -> str:
    """A record as JSON that the shared INSERT reads without loss: members that arrive as JSON
    texts (Athena and CloudTrail Lake write them so) opened, time in UTC, no lone surrogates."""
    clean = {key: _without_omitted(value) for key, value in fields.items()}
    for member in _OBJECTS:
        value = clean.get(member)
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            try:
                clean[member] = json.loads(value)
            except (ValueError, RecursionError):
                continue
    identity = clean.get("userIdentity")
    if isinstance(identity, str) and (named := identity_of(identity)) is not None:
        clean["userIdentity"] = named
    if "eventTime" not in clean and (start := _window_start(clean)) is not None:
        # Aggregated events cover a window and have no time of their own.
        clean["eventTime"] = start
        clean.setdefault("recipientAccountId", clean.get("accountId"))
        if facts is not None:
            facts.noted[_AGGREGATED] += 1
    if not clean.get("eventID") and clean.get("eventId"):
        clean["eventID"] = clean["eventId"]
    time = clean.get("eventTime")
    if time is not None:
        understood = utc_time(time)
        shaped = isinstance(time, str) and _TIME_SHAPE.fullmatch(time)
        if not shaped or (understood is not None and not _USUAL_TIME.fullmatch(time)):
            clean["eventTime"] = understood
        if understood is None and facts is not None:
            facts.noted[f"a time could not be understood ({str(time)[:40]!r})"] += 1
    clean.pop(MAPPED, None)
    if mapped:
        clean[MAPPED] = mapped
    try:
        text = json.dumps(clean, ensure_ascii=False)
    except RecursionError:
        text = write_deep(clean)
    return _LONE_SURROGATE.sub("\ufffd", bare(text))


def _without_omitted(value: Any, depth: int = 0) -> Any:
    """CloudTrail puts `{"omitted": true, ...}` where a value was too large to record."""
    if isinstance(value, dict):
        if value.get("omitted") is True:
            return None
        if depth < 4:
            return {key: _without_omitted(entry, depth + 1) for key, entry in value.items()}
    return value


def _window_start(fields: dict[str, Any]) -> Any:
    """When an aggregated event's window began.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aggregated-events.html
    """
    for value in (fields, *(entry for entry in fields.values() if isinstance(entry, dict))):
        for name in ("windowStart", "startTime"):
            if name in value:
                return value[name]
    return None
