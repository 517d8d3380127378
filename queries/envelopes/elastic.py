"""Elasticsearch and Kibana: documents with the record in `event.original`, or with fields only.

One hit per line, a `_search` answer, or documents without their hit. Without event.original the
fields of Elastic's AWS integration are put back where they came from; what it drops is lost.
https://www.elastic.co/docs/reference/integrations/aws/cloudtrail
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from queries.envelopes import flat
from queries.envelopes.columns import open_object, put
from queries.envelopes.model import Found, Record, looks_like_event
from queries.envelopes.nested import join, open_text
from queries.json_stream import Piece

NAME = "Elastic"
NO_FIELDS = "an Elastic document without CloudTrail fields"
FIELDS_ONLY = (
    "Elastic fields without event.original: parts of the record are not in this source, and"
    " parameters that Elastic printed as text may be split wrongly"
)
LOCAL_TIME = "Kibana wrote the times in the time zone of its user: they were taken for UTC"

_USER = "aws.cloudtrail.user_identity."
_SESSION = f"{_USER}session_context."
_CONTEXT = ("userIdentity", "sessionContext")
_PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("aws.cloudtrail.event_version", ("eventVersion",)),
    ("event.provider", ("eventSource",)),
    ("event.action", ("eventName",)),
    ("cloud.region", ("awsRegion",)),
    ("source.address", ("sourceIPAddress",)),
    ("source.ip", ("sourceIPAddress",)),
    ("user_agent.original", ("userAgent",)),
    ("aws.cloudtrail.error_code", ("errorCode",)),
    ("aws.cloudtrail.error_message", ("errorMessage",)),
    ("aws.cloudtrail.request_id", ("requestID",)),
    ("event.id", ("eventID",)),
    ("aws.cloudtrail.read_only", ("readOnly",)),
    ("aws.cloudtrail.event_type", ("eventType",)),
    ("aws.cloudtrail.event_category", ("eventCategory",)),
    ("aws.cloudtrail.management_event", ("managementEvent",)),
    ("aws.cloudtrail.recipient_account_id", ("recipientAccountId",)),
    ("aws.cloudtrail.shared_event_id", ("sharedEventID",)),
    ("aws.cloudtrail.vpc_endpoint_id", ("vpcEndpointId",)),
    (f"{_USER}type", ("userIdentity", "type")),
    (f"{_USER}arn", ("userIdentity", "arn")),
    (f"{_USER}access_key_id", ("userIdentity", "accessKeyId")),
    (f"{_USER}invoked_by", ("userIdentity", "invokedBy")),
    ("user.id", ("userIdentity", "principalId")),
    ("cloud.account.id", ("userIdentity", "accountId")),
    (f"{_SESSION}mfa_authenticated", (*_CONTEXT, "attributes", "mfaAuthenticated")),
    (f"{_SESSION}creation_date", (*_CONTEXT, "attributes", "creationDate")),
    (f"{_SESSION}session_issuer.type", (*_CONTEXT, "sessionIssuer", "type")),
    (f"{_SESSION}session_issuer.principal_id", (*_CONTEXT, "sessionIssuer", "principalId")),
    (f"{_SESSION}session_issuer.arn", (*_CONTEXT, "sessionIssuer", "arn")),
    (f"{_SESSION}session_issuer.account_id", (*_CONTEXT, "sessionIssuer", "accountId")),
)
_OBJECTS = (
    ("request_parameters", "requestParameters"),
    ("response_elements", "responseElements"),
    ("additional_eventdata", "additionalEventData"),
    ("service_event_details", "serviceEventDetails"),
    ("resources", "resources"),
)


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    hits = value.get("hits")
    if isinstance(hits, dict) and isinstance(hits.get("hits"), list):
        return _search(value, hits, piece)
    hit = value.get("_source", value.get("fields") if "_index" in value else None)
    document = hit if isinstance(hit, dict) else value
    original = _at(document, "event.original")
    if original is None and (hit is not None or _at(document, "ecs.version")):
        # Before Elastic's pipeline has run, and with Logstash, the record is the message; AWS's
        # SIEM on OpenSearch keeps it as @message.
        message = _at(document, "message") or _at(document, "@message")
        original = message if isinstance(message, str) and message[:1] == "{" else None
    if isinstance(original, str):
        return open_text(original, piece, "an event.original text")
    if hit is not None and looks_like_event(document):
        # CloudWatch's subscription and Logstash's codec put the members of the record at the top.
        return Found([Record(document, piece.text, piece.repeated_keys)])
    if _at(document, "event.action") is None or _at(document, "event.provider") is None:
        if hit is None:
            return None
        # The fields of a record as an index lists them: their names with dots, each value a list.
        row = {name: _single(each) for name, each in document.items()}
        return flat.read(replace(piece, value=row)) or Found(foreign=NO_FIELDS)
    if _at(document, "aws.cloudtrail") is None and not _spread(document):
        return Found(foreign="an Elastic document of another source than CloudTrail")
    record = _record(document)
    about = [FIELDS_ONLY]
    if local := _as_kibana_shows(record["eventTime"]):
        record["eventTime"] = local
        about.append(LOCAL_TIME)
    return Found([Record(record, piece.text, piece.repeated_keys, lossy=True)], about=about)


def _search(answer: dict[str, Any], hits: dict[str, Any], piece: Piece) -> Found:
    found = join(
        read(replace(piece, value=hit, text=json.dumps(hit, ensure_ascii=False)))
        or Found(foreign="a search hit that is no document")
        for hit in hits["hits"]
    )
    total = hits.get("total")
    count = total.get("value") if isinstance(total, dict) else total
    if isinstance(count, int) and count > len(hits["hits"]):
        found.notes.append(
            f"a search answer holds {len(hits['hits'])} of {count} hits: the others are missing"
        )
    if answer.get("timed_out") is True:
        found.notes.append("a search timed out: its answer is a part")
    return found


def _record(document: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"eventTime": _at(document, "@timestamp")}
    for name, path in _PLACES:
        value = _at(document, name)
        if value is not None and value not in ("", "-"):  # Kibana's tables have a dash for nothing
            put(record, path, value)
    for name, member in _OBJECTS:
        for place in (f"aws.cloudtrail.flattened.{name}", f"aws.cloudtrail.{name}"):
            value = _at(document, place)
            if value is not None:
                value = open_object(value, (member,))
                listed = member == "resources" and isinstance(value, dict)
                put(record, (member,), [value] if listed else value)
    _name(record, _at(document, "user.name"))
    if _at(document, "event.outcome") == "failure" and "errorCode" not in record:
        record["errorCode"] = "failure"
    return record


def _as_kibana_shows(time: Any) -> str:
    """`Mar 2, 2026 @ 10:05:00.000` as ISO text; empty for any other time."""
    try:
        return datetime.strptime(str(time), "%b %d, %Y @ %H:%M:%S.%f").isoformat()
    except ValueError:
        return ""


def _name(record: dict[str, Any], name: Any) -> None:
    """`user.name` is the issuing role's name where there is one, else the user's."""
    if not isinstance(name, str) or not name:
        return
    identity = record.get("userIdentity")
    context = identity.get("sessionContext") if isinstance(identity, dict) else None
    if isinstance(context, dict) and "sessionIssuer" in context:
        put(record, (*_CONTEXT, "sessionIssuer", "userName"), name)
    else:
        put(record, ("userIdentity", "userName"), name)


def _at(document: dict[str, Any], name: str) -> Any:
    """A field by its dotted name, whether its parts are nested, joined or both."""
    if name in document:
        return _single(document[name])
    head, dot, rest = name.partition(".")
    while dot:
        inner = document.get(head)
        if isinstance(inner, dict) and (found := _at(inner, rest)) is not None:
            return found
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return None


def _single(value: Any) -> Any:
    """`fields` and Kibana give each value as a list."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _spread(document: dict[str, Any]) -> bool:
    return any(str(name).startswith("aws.cloudtrail.") for name in document)
