"""Where Kubernetes audit events come from: the API server's own log, or a cloud's.

- a file or webhook of the API server, one event a line or an EventList:
  https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
- EKS: the message of a CloudWatch log event (`queries.envelopes.cloudwatch` opens it):
  https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
- GKE: a Cloud Audit Log whose service is k8s.io:
  https://cloud.google.com/kubernetes-engine/docs/how-to/audit-logging
- AKS: category kube-audit or kube-audit-admin of a diagnostic setting, the event as text in
  `properties.log`, or the tables AKSAudit and AKSAuditAdmin:
  https://learn.microsoft.com/azure/aks/monitor-aks-reference and
  https://learn.microsoft.com/azure/azure-monitor/reference/tables/aksaudit
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from queries.envelopes.model import Found
from queries.envelopes.nested import join
from queries.json_stream import Piece
from queries.providers.azure.fields import Fields, Resource, opened, plain
from queries.providers.base import Envelope
from queries.providers.kubernetes.events import Cluster, of_audit
from queries.providers.kubernetes.gke import audit_of

CUT = "a kube-audit record whose event was cut: that event is missing"
_AKS_TABLE = frozenset({"auditid", "verb", "requesturi", "objectref"})
_TABLE_NAMES = {
    "auditid": "auditID",
    "requesturi": "requestURI",
    "sourceips": "sourceIPs",
    "useragent": "userAgent",
    "objectref": "objectRef",
    "responsestatus": "responseStatus",
    "requestobject": "requestObject",
    "responseobject": "responseObject",
    "impersonateduser": "impersonatedUser",
    "requestreceivedtime": "requestReceivedTimestamp",
    "stagereceivedtime": "stageTimestamp",
    "annotations": "annotations",
    "level": "level",
    "stage": "stage",
    "verb": "verb",
    "user": "user",
}
"""Columns of AKSAudit to the members of an audit event."""


def names_table(names: Iterable[str]) -> bool:
    """Whether these are the columns of a table of audit events."""
    known = {plain(name) for name in names}
    return known >= _AKS_TABLE or {"category", "log", "resourceid"} <= known


def read_event(piece: Piece) -> Found | None:
    """An audit event as the API server writes it, or a list of them."""
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    if value.get("kind") == "EventList" and str(value.get("apiVersion")).startswith("audit.k8s.io"):
        items = value.get("items")
        # Of a list that was streamed only what stood beside the events is left.
        return join(_found(each, Cluster(), _item(piece, each)) for each in items or ())
    if not _is_audit(value):
        return None
    return _found(value, Cluster(), piece)


def read_gke(piece: Piece) -> Found | None:
    """A Cloud Audit Log of a cluster."""
    value: Any = piece.value
    known = audit_of(value) if isinstance(value, dict) else None
    return _found(*known, piece) if known is not None else None


def read_aks(piece: Piece) -> Found | None:
    """A diagnostic record with the event as text, or a row of AKSAudit."""
    value: Any = piece.value
    if not isinstance(value, dict) or len(value) > 400:
        return None
    fields = Fields(value)
    log = fields.value("log")
    kind = fields.text("category").lower()
    if log is None or not (kind.startswith("kube-audit") or _is_audit(opened(log))):
        return _table(fields, piece)
    audit = opened(log)
    if not audit:
        return Found(notes=[CUT], damaged=1)
    return _found(audit, _aks(fields), piece)


def _table(fields: Fields, piece: Piece) -> Found | None:
    if not all(name in fields for name in _AKS_TABLE):
        return None
    audit: dict[str, Any] = {"apiVersion": "audit.k8s.io/v1", "kind": "Event"}
    for name, member in _TABLE_NAMES.items():
        cell = fields.value(name)
        if isinstance(cell, str) and cell.lstrip()[:1] in ("{", "["):
            try:
                cell = json.loads(cell, strict=False)
            except (ValueError, RecursionError):
                cell = None
        if cell is not None:
            audit[member] = cell
    audit.setdefault("requestReceivedTimestamp", fields.time)
    if isinstance(audit.get("sourceIPs"), str):
        audit["sourceIPs"] = [audit["sourceIPs"]]
    return _found(audit, _aks(fields), piece)


def _aks(fields: Fields) -> Cluster:
    resource = Resource(fields.text("resourceid", "_resourceid"))
    return Cluster(
        name=resource.name("managedclusters").lower(),
        account=resource.subscription,
        region=fields.text("location").lower(),
        resource=resource.text,
    )


def _is_audit(value: dict[str, Any]) -> bool:
    if str(value.get("apiVersion") or "").startswith("audit.k8s.io"):
        return True
    # The Event of the core API tells of a pod's life and has no verb.
    return "verb" in value and ("auditID" in value or value.get("kind") == "Event")


def _found(audit: Any, cluster: Cluster, piece: Piece) -> Found:
    if not isinstance(audit, dict):
        return Found(notes=["an entry of an audit list is no event"], damaged=1)
    event, notes, about = of_audit(audit, cluster)
    return Found([event.record(piece)], notes=notes, about=about)


def _item(piece: Piece, value: Any) -> Piece:
    text = json.dumps(value, ensure_ascii=False)
    return Piece(value, text, "items", piece.repeated_keys, piece.depth)


def read_marked(piece: Piece) -> Found | None:
    """An event that says by its apiVersion what it is."""
    value: Any = piece.value
    if isinstance(value, dict) and str(value.get("apiVersion", "")).startswith("audit.k8s.io"):
        return read_event(piece)
    return None


SURE = (Envelope("Kubernetes audit", read_marked),)
ENVELOPES = (
    Envelope("Kubernetes audit", read_event),
    Envelope("GKE audit", read_gke),
    Envelope("AKS kube-audit", read_aks),
)
