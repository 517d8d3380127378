"""GKE's audit: a Cloud Audit Log of the service k8s.io, put back into the form of the API server.

`methodName` is `io.k8s.core.v1.pods.create`, `resourceName` `core/v1/namespaces/NS/pods/POD/exec`,
the object is in `request`, the answer's in `response`, a result in `status` (gRPC's codes).
https://cloud.google.com/kubernetes-engine/docs/how-to/audit-logging
https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
"""

from __future__ import annotations

import re
from typing import Any

from queries.providers.kubernetes.events import Cluster

_RESOURCE = re.compile(
    r"(?P<group>[^/]+)/(?P<version>v[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?"
    r"(?:/(?P<resource>[^/]+)(?:/(?P<name>[^/]+)(?:/(?P<subresource>.+))?)?)?"
)
_HTTP = {
    3: 400, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 12: 501, 13: 500, 14: 503, 16: 401,
}  # fmt: skip
"""gRPC's codes as HTTP's: https://cloud.google.com/apis/design/errors#handling_errors"""


def audit_of(entry: dict[str, Any]) -> tuple[dict[str, Any], Cluster] | None:
    """An audit event and its cluster from an entry of Cloud Logging; None for another service's."""
    payload = entry.get("protoPayload")
    operation = _object(entry.get("operation"))
    resource = _object(entry.get("resource"))
    if not isinstance(payload, dict):
        if operation.get("producer") != "k8s.io" or "jsonPayload" in entry:
            return None
        payload = {}
    method = str(payload.get("methodName") or "")
    if payload.get("serviceName") not in (None, "", "k8s.io"):
        return None
    if not (
        payload.get("serviceName") == "k8s.io"
        or method.startswith("io.k8s.")
        or operation.get("producer") == "k8s.io"
    ):
        return None
    labels = _object(resource.get("labels"))
    project, location = str(labels.get("project_id") or ""), str(labels.get("location") or "")
    cluster = Cluster(
        name=str(labels.get("cluster_name") or ""),
        account=project,
        region=location,
        event_id=str(entry.get("insertId") or ""),
    )
    return _audit(entry, payload, method), cluster


def _audit(entry: dict[str, Any], payload: dict[str, Any], method: str) -> dict[str, Any]:
    metadata = _object(payload.get("requestMetadata"))
    who = _object(payload.get("authenticationInfo"))
    operation = _object(entry.get("operation"))
    asked, answered = _bare(payload.get("request")), _bare(payload.get("response"))
    marks = dict(_object(entry.get("labels")))
    allowed = payload.get("authorizationInfo")
    allowed = allowed if isinstance(allowed, list) else entry.get("authorizationInfo")
    granted = [_object(each) for each in allowed] if isinstance(allowed, list) else []
    if granted and all(each.get("granted") is False for each in granted):
        marks.setdefault("authorization.k8s.io/decision", "forbid")
    name = str(payload.get("resourceName") or (granted[0].get("resource") if granted else "") or "")
    user = who.get("principalEmail") or who.get("principalSubject") or who.get("authoritySelector")
    return {
        "auditID": str(operation.get("id") or ""),
        "stage": _stage(operation),
        "verb": method.rsplit(".", 1)[-1] if method else "",
        "requestURI": "",
        "user": {"username": user} if user else {},
        "sourceIPs": [a for a in (metadata.get("callerIp") or metadata.get("callerIP"),) if a],
        "userAgent": metadata.get("callerSuppliedUserAgent") or "",
        "objectRef": _reference(name, method),
        "requestObject": asked,
        "responseObject": answered if answered.get("kind") != "Status" else None,
        "responseStatus": _status(payload, answered),
        "requestReceivedTimestamp": entry.get("timestamp") or payload.get("timestamp"),
        "annotations": marks,
    }


def _stage(operation: dict[str, Any]) -> str:
    """Long requests (exec, watch) are logged when they begin and when they end."""
    if operation.get("first") and not operation.get("last"):
        return "ResponseStarted"
    return "ResponseComplete" if operation else ""


def _reference(name: str, method: str) -> dict[str, str]:
    match = _RESOURCE.fullmatch(name.strip("/"))
    parts = method.removeprefix("io.k8s.").split(".")
    if match is None:
        # Only the method: group.version.resource[.subresource].verb
        if len(parts) < 4:
            return {}
        rest = parts[2:-1]
        return {"resource": rest[0], "subresource": "/".join(rest[1:])}
    found = {key: value for key, value in match.groupdict().items() if value}
    found["apiGroup"] = "" if found.get("group") == "core" else found.get("group", "")
    if not found.get("resource") and found.get("namespace"):
        found["resource"], found["name"] = "namespaces", found["namespace"]
    return found


def _status(payload: dict[str, Any], answered: dict[str, Any]) -> dict[str, Any]:
    status = _object(payload.get("status"))
    if answered.get("kind") == "Status" and answered.get("code"):
        return answered
    code = status.get("code")
    if not isinstance(code, int) or code == 0:
        return {"code": 200} if "status" in payload else {}
    return {"code": _HTTP.get(code, 500), "message": status.get("message") or ""}


def _bare(value: Any) -> dict[str, Any]:
    """An object without Google's `@type`, which for a Status says what its kind would."""
    if not isinstance(value, dict):
        return {}
    bare = {key: entry for key, entry in value.items() if key != "@type"}
    if str(value.get("@type", "")).endswith("v1.Status"):
        bare.setdefault("kind", "Status")
    return bare


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
