"""A Kubernetes audit event to an event.

https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from queries.providers.event import Deployment, Event, Image
from queries.providers.kubernetes.identity import Caller, caller_of
from queries.providers.kubernetes.vocabulary import (
    DEPLOYED,
    ENDED,
    INTO_PODS,
    SERVICE,
    act_of,
    only_reads,
)
from queries.providers.kubernetes.workloads import (
    CONTROLLERS,
    PODS,
    Workload,
    name_of,
    owner_of,
    running,
    workload_of,
)
from queries.providers.members import opened
from queries.times import utc_time

NAME = "kubernetes"
TRUNCATED = (
    "an audit event was truncated (audit.k8s.io/truncated, or too large for the export): its object"
    " is not recorded, so what it ran is unknown"
)
METADATA = (
    "audit events of level Metadata have no object: of workloads in them only the name is known,"
    " not the image"
)
_TOO_BIG = "skipped-too-big-size-object"
_LONGEST = 400
_OBJECTS = ("requestObject", "responseObject")
"""Tables of columns (Log Analytics, Athena) hold these as texts."""


@dataclass(slots=True)
class Cluster:
    """Where a request was made, as the export around it says."""

    name: str = ""
    account: str = ""
    region: str = ""
    resource: str = ""
    event_id: str = ""


@dataclass(slots=True)
class _About:
    """What a request is about."""

    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    group: str

    @property
    def place(self) -> str:
        return "/".join(part for part in (self.namespace, self.name) if part)


def of_audit(audit: dict[str, Any], cluster: Cluster) -> tuple[Event, list[str], list[str]]:
    """The event, notes of the ledger that are counted, and those that are said once."""
    audit = audit | {name: opened(audit.get(name)) for name in _OBJECTS}
    caller = caller_of(audit)
    asked, answered = audit.get("requestObject"), audit.get("responseObject")
    about = _about(audit, asked, answered)
    outcome, error, message = _result(audit)
    object_ = asked if _says(asked) else answered if about.verb != "patch" else None
    reads = only_reads(about.verb, about.subresource)
    work = Workload() if reads else workload_of(object_)
    cut = is_truncated(audit)
    uri = str(audit.get("requestURI") or "")
    name = f"{about.verb or 'request'} {about.resource}".strip()
    if about.subresource:
        name += f"/{about.subresource}"
    addresses = [each for each in _list(audit.get("sourceIPs")) if isinstance(each, str)]
    owner = owner_of(asked) if owner_of(asked)[1] else owner_of(answered)
    deployment = _deployment(audit, about, work, owner, cluster)
    if _text(audit, "stage") == "RequestReceived" and not _says(asked):
        deployment = None  # the object comes with a later stage
    if is_dry_run(uri):
        deployment = None
    event = Event(
        provider=NAME,
        time=_time(audit),
        event_id=cluster.event_id or str(audit.get("auditID") or ""),
        service=SERVICE,
        name=name,
        account=cluster.account,
        region=cluster.region,
        address=addresses[0] if addresses else "",
        agent=str(audit.get("userAgent") or ""),
        outcome=outcome,
        error=error,
        error_message=message,
        request_id=str(audit.get("auditID") or ""),
        reads=reads if about.verb else None,
        kind="kubernetes audit",
        category=str(audit.get("stage") or ""),
        principal=caller.principal,
        identity_type=caller.type,
        principal_id=caller.principal_id,
        principal_account=caller.account,
        user_name=caller.name,
        key=caller.key,
        issuer=caller.issuer,
        delegation=caller.delegation,
        target=_target(about, uri, cluster),
        request=_request(audit, about, caller, work, owner, cluster, cut),
        response=_response(audit),
        resource=cluster.resource,
        deployment=deployment,
    )
    notes = [TRUNCATED] if cut else []
    once = []
    if (
        not cut
        and deployment
        and deployment.act != ENDED
        and not _says(asked)
        and not _says(answered)
    ):
        once = [METADATA]
    return event, notes, once


def is_dry_run(uri: str) -> bool:
    """Whether a request asks what would happen, and nothing does.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
    """
    return "dryRun=" in uri and parse_qs(urlsplit(uri).query).get("dryRun") == ["All"]


def is_truncated(audit: dict[str, Any]) -> bool:
    """Whether the object was left out for its size."""
    marks = _object(audit.get("annotations"))
    if str(marks.get("audit.k8s.io/truncated", "")).lower() == "true":
        return True
    return _TOO_BIG in (audit.get("requestObject"), audit.get("responseObject"))


def _about(audit: dict[str, Any], asked: Any, answered: Any) -> _About:
    reference = _object(audit.get("objectRef"))
    resource, subresource = _text(reference, "resource"), _text(reference, "subresource")
    if "/" in resource:
        resource, _, subresource = resource.partition("/")
    return _About(
        verb=_text(audit, "verb"),
        resource=resource,
        subresource=subresource,
        namespace=_text(reference, "namespace"),
        name=_text(reference, "name") or _named(answered) or name_of(asked),
        group=_text(reference, "apiGroup"),
    )


def _named(answered: Any) -> str:
    """The name that the server made up from generateName; an error has a name too."""
    return "" if _object(answered).get("kind") == "Status" else name_of(answered)


def _deployment(
    audit: dict[str, Any], about: _About, work: Workload, owner: tuple[str, str], cluster: Cluster
) -> Deployment | None:
    act = act_of(about.verb, about.resource, about.subresource, bool(owner[1]))
    if not act:
        return None
    kind = "pod" if about.resource == PODS else CONTROLLERS[about.resource]
    unit = "/".join((cluster.account, cluster.name, about.resource, about.place))
    deployed = f"{kind} {about.place}" + (f" in {cluster.name}" if cluster.name else "")
    if act == ENDED:
        return Deployment(NAME, act, unit, deployed)
    containers = work.containers
    if about.subresource == "status":
        containers = running(audit.get("requestObject")) or running(audit.get("responseObject"))
    elif about.subresource == "ephemeralcontainers":
        containers = [each for each in containers if each.kind == "ephemeral"]
    images = [
        Image(each.image, each.name + (f" ({each.kind})" if each.kind else ""), each.digest)
        for each in containers
    ]
    if not images and (about.verb == "patch" or about.subresource == "status"):
        return None  # it changed something else, or the record does not say
    return Deployment(NAME, act, unit, deployed, images or [Image("")])


def _request(
    audit: dict[str, Any],
    about: _About,
    caller: Caller,
    work: Workload,
    owner: tuple[str, str],
    cluster: Cluster,
    cut: bool,
) -> dict[str, Any]:
    """What the index keeps of a request: objects are large, and the raw record has them."""
    said: dict[str, Any] = {
        "cluster": cluster.name,
        "namespace": about.namespace,
        "resource": about.resource,
        "subresource": about.subresource,
        "name": about.name,
        "apiGroup": about.group,
        "verb": about.verb,
        "user": _text(_object(audit.get("user")), "username"),
        "groups": _list(_object(audit.get("user")).get("groups")),
        "impersonatedUser": caller.impersonated,
        "impersonatedGroups": caller.groups if caller.impersonated else [],
        "level": _text(audit, "level"),
        "owner": "/".join(owner) if owner[1] else "",
        "serviceAccount": work.service_account,
        "node": work.node,
        "host": work.host,
        "privileged": work.privileged,
        "hostPaths": work.host_paths,
        "capabilities": work.capabilities,
        "truncated": cut,
    }
    uri = _text(audit, "requestURI")
    if is_dry_run(uri):
        said["dryRun"] = True
    if not about.resource or about.subresource in INTO_PODS:
        said["requestURI"] = uri[:_LONGEST]
    if about.subresource in INTO_PODS:
        query = parse_qs(urlsplit(uri).query)
        said["command"] = query.get("command", [])
        said["container"] = (query.get("container") or [""])[0]
    said["containers"] = [
        {
            name: value
            for name, value in (
                ("name", each.name),
                ("image", each.image),
                ("kind", each.kind),
                ("command", " ".join(each.command)[:_LONGEST]),
            )
            if value
        }
        for each in work.containers
    ]
    said |= _bound(audit.get("requestObject"))
    addresses = _list(audit.get("sourceIPs"))
    if len(addresses) > 1:
        said["sourceIPs"] = addresses
    return {name: value for name, value in said.items() if value}


def _bound(asked: Any) -> dict[str, Any]:
    """Whom a role binding gives what: the one change of rights that fits into a line."""
    value = _object(asked)
    role = _object(value.get("roleRef"))
    return {"roleRef": role, "subjects": _list(value.get("subjects"))} if role else {}


def _response(audit: dict[str, Any]) -> dict[str, Any] | None:
    status = _object(audit.get("responseStatus"))
    kept = {name: status[name] for name in ("code", "reason", "message") if status.get(name)}
    marks = _object(audit.get("annotations"))
    decision = marks.get("authorization.k8s.io/decision")
    if decision:
        kept["decision"] = decision
        kept["decidedBy"] = str(marks.get("authorization.k8s.io/reason") or "")[:_LONGEST]
    return kept or None


def _result(audit: dict[str, Any]) -> tuple[str, str, str]:
    """(outcome, error, message). An answer's code is HTTP's."""
    status = _object(audit.get("responseStatus"))
    code = status.get("code") or 0
    message, reason = _text(status, "message"), _text(status, "reason")
    number = int(code) if isinstance(code, int | float) or str(code).isdigit() else 0
    forbidden = _object(audit.get("annotations")).get("authorization.k8s.io/decision") == "forbid"
    if forbidden or number in (401, 403):
        return "denied", reason or ("Unauthorized" if number == 401 else "Forbidden"), message
    if number >= 400 or _text(status, "status") == "Failure":
        return "failed", reason or f"HTTP {number}", message
    if _text(audit, "stage") == "Panic":
        return "failed", "Panic", message
    return "ok", "", ""


def _time(audit: dict[str, Any]) -> str:
    """When the request came in, which is the same in all of its stages."""
    metadata = _object(audit.get("metadata"))
    for value in (
        audit.get("requestReceivedTimestamp"),
        audit.get("stageTimestamp"),
        audit.get("timestamp"),
        metadata.get("creationTimestamp"),
    ):
        if value and (time := utc_time(value)):
            return time
    return ""


def _target(about: _About, uri: str, cluster: Cluster) -> str:
    if not about.resource:
        return urlsplit(uri).path[:_LONGEST] or cluster.name
    return f"{about.resource} {about.place}".strip()


def _says(value: Any) -> bool:
    """Whether an object stands there (not nothing, and not a note that it was left out)."""
    return isinstance(value, dict | list) and bool(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


__all__ = ["DEPLOYED", "METADATA", "NAME", "TRUNCATED", "Cluster", "is_truncated", "of_audit"]
