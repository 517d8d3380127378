"""An audit log entry to an event.

https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from queries.providers.event import Event
from queries.providers.google.creations import creation_of
from queries.providers.google.deployments import deployment_of
from queries.providers.google.identity import ARROW, Identity, identity_of
from queries.providers.google.names import Artifact, artifact_of, gcr_host
from queries.providers.google.vocabulary import (
    CONTAINER_REGISTRY,
    GCR_BUCKET,
    REGISTRY,
    STORAGE,
    plain_name,
    reads,
    registry_action,
    short,
    storage_action,
)
from queries.providers.members import first_text, member, objects, opened, text
from queries.providers.vocabulary import DELETE_REGISTRY, DELETE_REPOSITORY, PUSH
from queries.times import utc_time

_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto"""
_DENIED = ("PERMISSION_DENIED", "UNAUTHENTICATED")
_OWNER = re.compile(r"(?:projects|folders|organizations|billingAccounts)/([^/]+)/")
_PLACE = re.compile(r"/(?:locations|regions|zones)/([^/]+)")
_ACCOUNT = re.compile(r"serviceAccounts/([^/:]+)")


def audit_event(entry: dict[str, Any], payload: dict[str, Any]) -> Event:
    """The event of an entry. Every key may be spelt as the API, BigQuery or a SIEM spells it."""
    service, method = text(payload, "serviceName"), text(payload, "methodName")
    resource = text(payload, "resourceName")
    who = identity_of(payload)
    error, message, outcome = _status(payload)
    time = _time(entry)
    insert_id, log = text(entry, "insertId"), unquote(text(entry, "logName"))
    granted = objects(member(payload, "authorizationInfo"))
    only_reads = reads(method, [text(each, "permissionType") for each in granted])
    event = Event(
        provider="google",
        time=time,
        event_id=f"{insert_id}@{time}" if insert_id and time else insert_id,
        service=service,
        name=method,
        plain_name=plain_name(method),
        account=_account(entry, log, resource),
        region=_region(entry, payload, resource),
        address=text(payload, "requestMetadata", "callerIp"),
        agent=text(payload, "requestMetadata", "callerSuppliedUserAgent"),
        outcome=outcome,
        error=error,
        error_message=message,
        request_id=_operation(entry),
        reads=only_reads,
        category=log.rsplit("/", 1)[-1],
        kind="AuditLog",
        principal=who.principal,
        identity_type=who.kind,
        principal_id=who.subject,
        principal_account=who.account,
        key=who.key,
        identity_provider=who.provider,
        delegation=who.delegation,
        target=unquote(resource),
        resource=resource,
        request=opened_part(payload, "request"),
        response=opened_part(payload, "response"),
        details=opened_part(payload, "metadata") or opened_part(payload, "serviceData"),
    )
    _issue(event, who, resource)
    event.creation = creation_of(event)
    if service in (REGISTRY, CONTAINER_REGISTRY):
        _registry(event, resource)
    elif service == STORAGE:
        _storage(event, resource)
    else:
        event.deployment = deployment_of(event, entry)
    return event


def _registry(event: Event, resource: str) -> None:
    """A call to Artifact Registry. Where a push names its tag is not known from any record: the
    URL, the resource's name and members of the request are tried."""
    event.action = registry_action(event.service, event.name, reads=event.reads is True)
    asked = event.request if isinstance(event.request, dict) else {}
    url = first_text(asked, ("requestUrl",), ("url",), ("path",))
    named = artifact_of(resource, url, event.account)
    tag, digest = named.tag, named.digest
    if event.action == PUSH:
        event.via = "docker client"
        tag = tag or first_text(asked, ("tag",), ("tagName",), ("reference",))
        digest = digest or first_text(event.response, ("digest",), ("imageDigest",))
        digest = digest or first_text(asked, ("digest",), ("imageDigest",))
        if tag.startswith("sha256:"):
            tag, digest = "", digest or tag
        event.manifest = first_text(asked, ("manifest",), ("imageManifest",))
    if event.action == DELETE_REGISTRY and named.image:
        event.action = DELETE_REPOSITORY
    layers = event.action in ("upload", "download", "check")
    event.registry = named.project or event.account
    event.region = named.place or event.region
    if named.image or not layers:
        # An upload that names no image would stand for a push of its own.
        event.repository, event.repository_name = named.key, named.name
    event.tag, event.digest, event.layer = tag, digest, named.layer
    if named.name:
        event.target = _said(named, tag, digest)
    if event.action == "create repository" and not event.repository:
        made = Artifact(named.project, named.place, text(asked, "repositoryId"))
        event.repository, event.repository_name = made.key, made.name


def _said(named: Artifact, tag: str, digest: str) -> str:
    if tag:
        return f"{named.name}:{tag}"
    return f"{named.name}@{digest[:19]}" if digest else named.name


def _storage(event: Event, resource: str) -> None:
    """A call to the bucket of a legacy registry: objects are blobs under their digests, and no
    record names an image."""
    bucket = re.search(r"buckets/([^/]+)", resource)
    match = GCR_BUCKET.fullmatch(bucket[1]) if bucket else None
    action = storage_action(event.name)
    if match is None or not action:
        return
    host, place = gcr_host(match["place"] or "")
    project = match["project"]
    # A project of a domain has its bucket under `project.example.com.a`.
    owner = event.account or project
    event.action, event.registry, event.region = action, owner, place
    event.repository_name, event.repository = host, f"{owner}/{place}/{host}"
    blob = re.search(r"sha256:[0-9a-f]{64}", unquote(resource))
    event.layer = blob[0] if blob else ""
    event.target = unquote(resource).removeprefix("projects/_/buckets/")


def _issue(event: Event, who: Identity, resource: str) -> None:
    """A token that was made for a service account: what it does later carries the same chain."""
    if short(event.name).lower() not in ("generateaccesstoken", "generateidtoken"):
        return
    asked = text(event.request, "name")
    account = _ACCOUNT.search(resource) or _ACCOUNT.search(asked)
    named = [_ACCOUNT.search(text_) for text_ in (asked, resource)]
    emails = [each[1] for each in named if each and "@" in each[1]]
    target = emails[0] if emails else account[1] if account else ""
    if target and who.principal and event.outcome == "ok":
        between = [
            found[1]
            for each in member(event.request, "delegates") or []
            if isinstance(each, str) and (found := _ACCOUNT.search(each))
        ]
        event.issued_key = ARROW.join((who.chain, *between, target))
        event.issued_to = target
        event.target = target


def _status(payload: Any) -> tuple[str, str, str]:
    """(error, message, outcome); google.rpc.Status, whose code 0 is no error."""
    said = text(payload, "status", "code")
    message = text(payload, "status", "message")
    if not said or said == "0":
        return "", "", "ok"
    code = _CODES[int(said)] if said.isdigit() and int(said) < len(_CODES) else said
    return code, message, "denied" if code in _DENIED or said in ("401", "403") else "failed"


def _time(entry: Any) -> str:
    """To the microsecond: the index keeps no more, the record shows all nine digits."""
    for name in ("timestamp", "receiveTimestamp", "p_event_time"):
        said = text(entry, name)
        if said and (time := utc_time(_iso(said))):
            return time
    return ""


def _iso(said: str) -> str:
    """BigQuery writes `2026-03-02 10:05:00.123456 UTC`."""
    return re.sub(r"(\.\d{6})\d+", r"\1", said.removesuffix(" UTC"))


def _account(entry: Any, log: str, resource: str) -> str:
    said = text(entry, "resource", "labels", "project_id")
    found = None if said else _OWNER.match(log) or _OWNER.match(f"{resource.lstrip('/')}/")
    return said or (found[1] if found and found[1] not in ("_", "-") else "")


def _region(entry: Any, payload: Any, resource: str) -> str:
    said = first_text(
        entry,
        ("resource", "labels", "location"),
        ("resource", "labels", "region"),
        ("resource", "labels", "zone"),
    )
    if said:
        return said
    current = member(payload, "resourceLocation", "currentLocations")
    if isinstance(current, list) and current and isinstance(current[0], str):
        return current[0]
    found = _PLACE.search(resource)
    return found[1] if found else "global"


def _operation(entry: Any) -> str:
    """The id of a long-running operation, of which two entries tell: its start and its end."""
    told = member(entry, "operation")
    ends = [_true(member(told, "first")), _true(member(told, "last"))]
    return text(told, "id") if any(ends) and not all(ends) else ""


def _true(value: Any) -> bool:
    return value is True or value == "true"


def opened_part(payload: Any, name: str) -> Any:
    """A part of the payload: an object, or a JSON text under another name (BigQuery)."""
    value = member(payload, name)
    return value if value is not None else opened(member(payload, f"{name}Json"))
