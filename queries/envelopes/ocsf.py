"""Amazon Security Lake: CloudTrail mapped to OCSF (JSON, or rows of its Parquet files).

Versions 1.0.0-rc.2 to 1.3: a call is class 6003 (3005 in rc.2), sign-ins and AssumeRole may be
3002, IAM changes 3001. `actor.user.uid` is the principalId in rc.2, with the ARN in `uuid`, and
the ARN from 1.1, with the principalId in `uid_alt`: each is known by its form. The parameters are
text in `api.request.data` from 1.1, and single members of `unmapped` before.
https://docs.aws.amazon.com/security-lake/latest/userguide/open-cybersecurity-schema-framework.html
https://github.com/ocsf/examples/tree/main/mappings/markdown/AWS
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from queries.envelopes.columns import OBJECTS, canonical, open_object, place, put
from queries.envelopes.model import Found, Record
from queries.json_stream import Piece

NAME = "Amazon Security Lake (OCSF)"
MAPPED = (
    "Security Lake keeps a mapping of the record, not the record: what OCSF has no field for is"
    " not in this source"
)
_ACTIVITIES = {1: False, 2: True, 3: False, 4: False}
"""OCSF activity (create, read, update, delete) -> whether the call only reads."""
_READING = ("Get", "List", "Describe", "BatchGet", "Head", "Lookup", "BatchCheck", "Search")


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if not isinstance(value, dict) or "class_uid" not in value or "metadata" not in value:
        return None
    product = _get(value, "metadata", "product")
    name = _text(_get(product, "name")) or _text(product)
    if "cloudtrail" not in name.lower():
        return Found(
            foreign=f"an OCSF event of {name[:40] or 'an unnamed product'!r}, not CloudTrail"
        )
    if not _get(value, "api", "operation"):
        return Found(foreign="an OCSF event without api.operation, so without the call it is about")
    return Found(
        [Record(_record(value), piece.text, piece.repeated_keys, lossy=True)], about=[MAPPED]
    )


def _record(event: dict[str, Any]) -> dict[str, Any]:
    operation = _text(_get(event, "api", "operation"))
    record: dict[str, Any] = {
        "eventVersion": _get(event, "metadata", "product", "version"),
        "eventTime": event.get("time") or event.get("time_dt"),
        "eventSource": _get(event, "api", "service", "name"),
        "eventName": operation,
        "awsRegion": _get(event, "cloud", "region") or event.get("region"),
        "sourceIPAddress": _get(event, "src_endpoint", "ip")
        or _get(event, "src_endpoint", "domain"),
        "userAgent": _get(event, "http_request", "user_agent"),
        "requestID": _get(event, "api", "request", "uid"),
        "eventID": _get(event, "metadata", "uid"),
        "eventType": _get(event, "metadata", "event_code"),
        "eventCategory": _get(event, "metadata", "product", "feature", "name"),
        "userIdentity": _identity(event),
        "requestParameters": _object(event, "request", "requestParameters"),
        "responseElements": _object(event, "response", "responseElements"),
    }
    resources = [
        {"ARN": _get(each, "uid"), "accountId": _get(each, "account_uid")}
        for each in _list(event.get("resources"))
        if _get(each, "uid")
    ]
    if resources:
        record["resources"] = resources
    for name, text in _unmapped(event.get("unmapped")):
        where = place(name)
        if where is not None and where[1] and text not in (None, "", "null"):
            path = where[0]
            put(record, path, open_object(text, path) if path in OBJECTS else text)
    account = _get(event, "cloud", "account", "uid") or event.get("accountid")
    if account and not record.get("recipientAccountId"):
        # As a number the partition's account id has lost its leading zeros.
        record["recipientAccountId"] = str(account).zfill(12)
    _outcome(event, record)
    if "readOnly" not in record:
        reads = _ACTIVITIES.get(event.get("activity_id") or 0)
        if reads is not None and reads == operation.startswith(_READING):
            record["readOnly"] = reads
    return record


def _identity(event: dict[str, Any]) -> dict[str, Any]:
    actor = event.get("actor")
    user, session = _get(actor, "user"), _get(actor, "session")
    if not user and event.get("user"):
        # A sign-in (class 3002) may name the user at the top.
        user = event["user"]
    identity: dict[str, Any] = {
        "type": _get(user, "type"),
        "accountId": _get(user, "account", "uid") or _get(user, "account_uid"),
        "accessKeyId": _get(user, "credential_uid"),
        "userName": _get(user, "name"),
        "invokedBy": _get(actor, "invoked_by"),
        "identityProvider": _get(actor, "idp", "name"),
    }
    for name in ("uid", "uuid", "uid_alt"):
        uid = _text(_get(user, name))
        if uid:
            identity.setdefault("arn" if uid.startswith("arn:") else "principalId", uid)
    issuer = _text(_get(session, "issuer"))
    created = _get(session, "created_time") or _get(session, "created_time_dt")
    mfa = _get(session, "is_mfa")
    mfa = _get(session, "mfa") if mfa is None else mfa
    attributes = {
        "creationDate": _moment(created),
        "mfaAuthenticated": None if mfa is None else str(mfa).lower(),
    }
    context: dict[str, Any] = {}
    if issuer:
        context["sessionIssuer"] = {"arn": issuer, "type": "Role" if ":role/" in issuer else None}
    if created:
        context["attributes"] = attributes
    if context:
        identity["sessionContext"] = context
    return {name: member for name, member in identity.items() if member not in (None, "")}


def _outcome(event: dict[str, Any], record: dict[str, Any]) -> None:
    error = _get(event, "api", "response", "error")
    message = _get(event, "api", "response", "message") or _get(
        event, "api", "response", "error_message"
    )
    if error:
        record["errorCode"] = error
    elif _text(event.get("status")).lower() == "failure" or event.get("status_id") == 2:
        record.setdefault("errorCode", _text(event.get("status_code")) or "Failure")
    if message:
        record["errorMessage"] = message


def _object(event: dict[str, Any], side: str, member: str) -> Any:
    data = _get(event, "api", side, "data")
    return None if data is None else open_object(data, (member,))


def _unmapped(value: Any) -> Iterator[tuple[str, Any]]:
    """A map, a list of pairs, or a list of `{"key", "value"}`, as Parquet readers give maps."""
    if isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, dict) and canonical(name) not in (
                "requestparameters",
                "responseelements",
            ):
                yield from ((f"{name}.{inner}", text) for inner, text in member.items())
            else:
                yield str(name), member
    for pair in _list(value):
        if isinstance(pair, dict) and "key" in pair:
            yield str(pair["key"]), pair.get("value")
        elif isinstance(pair, list) and len(pair) == 2:
            yield str(pair[0]), pair[1]


def _moment(value: Any) -> Any:
    """Milliseconds as CloudTrail writes a time."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            seconds = value / 1000 if value > 1e11 else value
            return f"{datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()}Z"
        except (ValueError, OverflowError, OSError):
            return None
    return value


def _get(value: Any, *path: str) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
