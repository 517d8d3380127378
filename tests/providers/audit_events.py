"""Kubernetes audit events, written from the API server's reference, and the exports around them.

https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Audit = dict[str, Any]

AWS = "111122223333"
DEPLOYER = "arn:aws:sts::111122223333:assumed-role/deploy/rel-9"
DEPLOYER_KEY = "ASIAI44QH8DHBEXAMPLE"
ECR = f"{AWS}.dkr.ecr.us-east-1.amazonaws.com"
REPLICASETS = "system:serviceaccount:kube-system:replicaset-controller"
DEPLOYMENTS = "system:serviceaccount:kube-system:deployment-controller"


def person(name: str = "dana@example.com", groups: Sequence[str] = ("developers",)) -> Audit:
    return {"username": name, "groups": [*groups, "system:authenticated"]}


def on_eks(arn: str = DEPLOYER, key: str = DEPLOYER_KEY) -> Audit:
    """A caller whom the aws-iam-authenticator let in."""
    extra = {
        "accessKeyId": [key],
        "arn": [arn],
        "canonicalArn": [f"arn:aws:iam::{AWS}:role/deploy"],
        "principalId": ["AROAEXAMPLE"],
        "sessionName": ["rel-9"],
    }
    uid = f"aws-iam-authenticator:{AWS}:AROAEXAMPLE"
    return {"username": "deployer", "uid": uid, "groups": ["system:authenticated"], "extra": extra}


def audit(
    verb: str,
    resource: str,
    time: str,
    name: str = "",
    *,
    user: Audit | None = None,
    namespace: str = "prod",
    code: int = 201,
    **members: Any,
) -> Audit:
    """One event at stage ResponseComplete."""
    resource, _, below = resource.partition("/")
    reference = {"resource": resource, "namespace": namespace, "name": name, "subresource": below}
    made: Audit = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": f"{verb}-{resource}-{below}-{name}-{time}",
        "stage": "ResponseComplete",
        "requestURI": f"/api/v1/namespaces/{namespace}/{resource}",
        "verb": verb,
        "user": user or person(),
        "sourceIPs": ["203.0.113.20"],
        "userAgent": "kubectl/v1.31.0",
        "objectRef": {key: value for key, value in reference.items() if value},
        "responseStatus": {"metadata": {}, "code": code},
        "requestReceivedTimestamp": time,
        "stageTimestamp": time,
        "annotations": {"authorization.k8s.io/decision": "allow"},
    }
    made.update(members)
    return made


def pod_spec(*images: str, init: Sequence[str] = (), **members: Any) -> Audit:
    spec: Audit = {"containers": [{"name": f"c{n}", "image": i} for n, i in enumerate(images)]}
    if init:
        spec["initContainers"] = [{"name": f"i{n}", "image": i} for n, i in enumerate(init)]
    return spec | members


def pod(*images: str, owner: str = "", name: str = "", **members: Any) -> Audit:
    kind, _, owning = owner.partition("/")
    metadata: Audit = {"name": name} if name else {"generateName": f"{owning}-"}
    if owner:
        metadata["ownerReferences"] = [{"kind": kind, "name": owning, "controller": True}]
    return {"kind": "Pod", "metadata": metadata, "spec": pod_spec(*images, **members)}


def workload(kind: str, name: str, *images: str, owner: str = "", **members: Any) -> Audit:
    made = pod(*images, owner=owner, name=name, **members)
    spec = {"template": {"spec": made["spec"]}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    return {"kind": kind, "metadata": made["metadata"], "spec": spec}


def eks_export(*events: Audit) -> bytes:
    """A CloudWatch export of EKS's audit stream, as `filter-log-events` prints it."""
    rows = [
        {"logStreamName": "kube-apiserver-audit-0a1b", "timestamp": 1772446800000 + n,
         "message": json.dumps(event), "ingestionTime": 1772446801000, "eventId": str(n)}
        for n, event in enumerate(events)
    ]  # fmt: skip
    return json.dumps({"events": rows, "searchedLogStreams": []}).encode()


def aks_record(event: Audit | str) -> Audit:
    """A kube-audit record of a diagnostic setting.
    https://learn.microsoft.com/azure/aks/monitor-aks-reference"""
    text = event if isinstance(event, str) else json.dumps(event)
    return {
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "category": "kube-audit",
        "resourceId": "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/PROD"
        "/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/BLUE",
        "time": "2026-03-02T10:00:00Z",
        "location": "westeurope",
        "properties": {"log": text, "stream": "stdout", "pod": "kube-apiserver-1"},
    }


def aks_row(event: Audit) -> Audit:
    """A row of the table AKSAudit.
    https://learn.microsoft.com/azure/azure-monitor/reference/tables/aksaudit"""
    return {
        "TimeGenerated": event["requestReceivedTimestamp"],
        "AuditId": event["auditID"],
        "Level": event["level"],
        "Stage": event["stage"],
        "Verb": event["verb"],
        "RequestUri": event["requestURI"],
        "User": json.dumps(event["user"]),
        "SourceIps": json.dumps(event["sourceIPs"]),
        "UserAgent": event["userAgent"],
        "ObjectRef": json.dumps(event["objectRef"]),
        "ResponseStatus": json.dumps(event["responseStatus"]),
        "RequestObject": json.dumps(event.get("requestObject")),
        "RequestReceivedTime": event["requestReceivedTimestamp"],
        "_ResourceId": aks_record("")["resourceId"].lower(),
        "Type": "AKSAudit",
    }


def gke_entry(event: Audit, **members: Any) -> Audit:
    """A Cloud Audit Log of a cluster.
    https://cloud.google.com/kubernetes-engine/docs/how-to/audit-logging"""
    reference = event["objectRef"]
    parts = ["core/v1", "namespaces", reference["namespace"], reference["resource"]]
    parts += [reference[key] for key in ("name", "subresource") if key in reference]
    below = f".{reference['subresource']}" if "subresource" in reference else ""
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "k8s.io",
        "methodName": f"io.k8s.core.v1.{reference['resource']}{below}.{event['verb']}",
        "resourceName": "/".join(parts),
        "authenticationInfo": {"principalEmail": event["user"]["username"]},
        "requestMetadata": {
            "callerIp": event["sourceIPs"][0], "callerSuppliedUserAgent": event["userAgent"],
        },
        "request": {"@type": "core.k8s.io/v1.Pod", **event.get("requestObject", {})},
        "status": {},
    }  # fmt: skip
    labels = {"project_id": "example-prj", "location": "europe-west1", "cluster_name": "green"}
    return {
        "insertId": event["auditID"],
        "logName": "projects/example-prj/logs/cloudaudit.googleapis.com%2Factivity",
        "protoPayload": payload,
        "resource": {"type": "k8s_cluster", "labels": labels},
        "timestamp": event["requestReceivedTimestamp"],
        "operation": {
            "id": event["auditID"], "producer": "k8s.io", "first": True, "last": True,
        },
        **members,
    }  # fmt: skip
