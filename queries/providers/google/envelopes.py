"""The exports of Cloud Logging that hold audit log entries.

`gcloud logging read --format=json` writes one array, a sink to Cloud Storage one entry a line, a
sink to Pub/Sub messages with the entry in base64, Eventarc an event with the entry in `data`, and
a sink to BigQuery rows with other names (`protopayload_auditlog`, `requestJson`); the Logs Explorer
downloads a CSV, too.
https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
https://cloud.google.com/logging/docs/export/pubsub
https://cloud.google.com/logging/docs/export/bigquery
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

from queries.envelopes.flat import ROW
from queries.envelopes.model import Found
from queries.envelopes.nested import open_text, open_value
from queries.json_stream import Piece
from queries.providers.google.events import audit_event, opened_part
from queries.providers.google.notices import is_notice, notice
from queries.providers.google.table_rows import entry_of_row, names_table
from queries.providers.members import member, opened, text

_PAYLOADS = ("protoPayload", "protopayload_auditlog")
CLUSTER = "k8s.io"
_ENTRY = ("insertId", "logName", "operation", "resource", "labels", "severity", "receiveTimestamp")
_PAYLOAD = (
    "serviceName", "methodName", "resourceName", "authenticationInfo", "authorizationInfo",
    "requestMetadata", "status",
)  # fmt: skip
_OTHER_LOGS = ("jsonPayload", "textPayload", "httpRequest")


def read_entry(piece: Piece) -> Found | None:
    """A log entry, as the API and BigQuery write it."""
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    if piece.container == ROW:
        if not names_table(value):
            return None
        value = entry_of_row(value)
    if piece.container == "{}":
        return Found(more_pages=True) if value.keys() == {"nextPageToken"} else None
    if is_notice(value):
        return notice(value, piece)
    payload = _payload(value)
    if payload is not None and not _is_audit(payload):
        return Found(foreign="a Google Cloud log entry that is no audit log")
    if payload is not None:
        if text(payload, "serviceName") == CLUSTER and "protoPayload" not in value:
            entry = _as_the_api_writes(value, payload)
            return open_value(replace(piece, value=entry, depth=piece.depth + 1))
        return Found([audit_event(value, payload).record(piece)])
    log = text(value, "logName")
    if log and any(member(value, name) is not None for name in _OTHER_LOGS):
        kind = log.rsplit("/", 1)[-1].replace("%2F", "/")[:60]
        return Found(foreign=f"a Google Cloud log entry that is no audit log ({kind})")
    return None


def read_message(piece: Piece) -> Found | None:
    """A Pub/Sub message, as it is pushed (`message`), pulled (`ackId`) or stored (`data`), and what
    tools hand on of one: the entry itself in `data` or `message`."""
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    for name in ("message", "data"):
        inner = value.get(name)
        if isinstance(inner, dict) and (_payload(inner) is not None or _is_message(inner)):
            return open_value(replace(piece, value=inner, container=None, depth=piece.depth + 1))
    return _opened(value, piece) if _is_message(value) else None


def _payload(value: dict[str, Any]) -> dict[str, Any] | None:
    for name in _PAYLOADS:
        payload = member(value, name)
        if isinstance(payload, dict):
            return payload
    return None


def _is_audit(payload: dict[str, Any]) -> bool:
    """App Engine's request logs are payloads of another type; tools leave the type out."""
    kind = text(payload, "@type") or text(payload, "type")
    return bool(payload) and ("AuditLog" in kind or not kind.startswith("type.googleapis.com/"))


def _as_the_api_writes(value: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    """An entry under the API's names, for the provider that reads those of a cluster."""
    entry = {name: member(value, name) for name in _ENTRY}
    entry["timestamp"] = text(value, "timestamp").removesuffix(" UTC")
    told = {name: member(payload, name) for name in _PAYLOAD}
    for name in ("request", "response", "metadata"):
        told[name] = opened_part(payload, name)
    entry["protoPayload"] = {name: each for name, each in told.items() if each is not None}
    return {name: each for name, each in entry.items() if each is not None}


def _is_message(value: dict[str, Any]) -> bool:
    told = not {"attributes", "messageId", "message_id", "publishTime"}.isdisjoint(value)
    return told and isinstance(value.get("data"), str)


def _opened(message: dict[str, Any], piece: Piece) -> Found:
    data = str(message["data"])
    try:
        plain = base64.b64decode("".join(data.split()), validate=True)
        inside = plain.decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        inside = data
    value = opened(inside)
    if is_notice(value):
        time, number = text(message, "publishTime"), text(message, "messageId")
        return notice(value, piece, time, number)
    return open_text(inside, piece, "a Pub/Sub message")
