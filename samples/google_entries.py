"""Log entries of Cloud Audit Logs, as a sink writes them.

https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
That a push is `Docker-PutManifest` with the digest in its resource's name is documented; where its
tag stands is not, and is invented here as the URL of the call.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

Entry = dict[str, Any]
AUDIT = "type.googleapis.com/google.cloud.audit.AuditLog"
REGISTRY = "artifactregistry.googleapis.com"
API = "google.devtools.artifactregistry.v1.ArtifactRegistry"


def digest(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def entry(
    when: datetime,
    project: str,
    service: str,
    method: str,
    resource: str,
    who: str,
    address: str,
    *,
    log: str = "data_access",
    agent: str = "",
    **more: Any,
) -> Entry:
    """One entry; `more` are members of the payload, and `operation`, `labels`, `kind` of the entry.

    `who` may be a `principal://` subject; a tuple is a service account behind whom others stand.
    """
    authentication: Entry = {}
    if who.startswith("principal"):
        authentication["principalSubject"] = who
    elif who:
        kind = "serviceAccount" if who.endswith(".gserviceaccount.com") else "user"
        authentication = {"principalEmail": who, "principalSubject": f"{kind}:{who}"}
    authentication.update(more.pop("authentication", {}))
    kind, labels = more.pop("kind", "audited_resource"), more.pop("labels", {})
    operation = more.pop("operation", None)
    metadata = {"callerIp": address}
    if agent:
        metadata["callerSuppliedUserAgent"] = agent
    stamp = f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond:06d}{len(method) * 37 % 1000:03d}Z"
    made: Entry = {
        "insertId": "",
        "logName": f"projects/{project}/logs/cloudaudit.googleapis.com%2F{log}",
        "protoPayload": {
            "@type": AUDIT,
            "authenticationInfo": authentication,
            "methodName": method,
            "requestMetadata": metadata,
            "resourceName": resource,
            "serviceName": service,
            "status": {},
            **more,
        },
        "receiveTimestamp": stamp,
        "resource": {"type": kind, "labels": {"project_id": project, **labels}},
        "severity": "NOTICE" if log == "activity" else "INFO",
        "timestamp": stamp,
    }
    if operation is not None:
        made["operation"] = operation
    made["insertId"] = sha256(f"{stamp}{method}{resource}{who}{operation}".encode()).hexdigest()[
        :14
    ]
    return made


def docker(
    when: datetime,
    project: str,
    place: str,
    repository: str,
    image: str,
    act: str,
    reference: str,
    who: str,
    address: str,
    **more: Any,
) -> Entry:
    """A call of the registry protocol; `reference` is a tag, or a manifest's or a blob's digest,
    or `tag@digest` of a manifest that is put."""
    tag, _, named = reference.rpartition("@")
    name = (
        f"{quote(image, safe='')}@{named}" if named.startswith("sha256:") else quote(image, safe="")
    )
    resource = f"projects/{project}/locations/{place}/repositories/{repository}"
    kind, verb = {
        "PutManifest": ("manifests", "PUT"),
        "GetManifest": ("manifests", "GET"),
        "HeadManifest": ("manifests", "HEAD"),
        "DeleteManifest": ("manifests", "DELETE"),
        "StartUpload": ("blobs/uploads", "POST"),
        "GetTags": ("tags", "GET"),
    }[act]
    asked = {"GetTags": "list", "StartUpload": ""}.get(act, tag or named)
    write = verb in ("PUT", "POST", "DELETE")
    permission = "uploadArtifacts" if write else "downloadArtifacts"
    return entry(
        when,
        project,
        REGISTRY,
        f"Docker-{act}",
        resource if act == "StartUpload" else f"{resource}/dockerImages/{name}",
        who,
        address,
        labels={"location": place, "repository_id": repository},
        kind="audited_resource",
        authorizationInfo=[
            {
                "granted": "status" not in more,
                "permission": f"artifactregistry.repositories.{permission}",
                "permissionType": "DATA_WRITE" if write else "DATA_READ",
                "resource": resource,
            }
        ],
        request={
            "requestMethod": verb,
            "requestUrl": f"/v2/{project}/{repository}/{image}/{kind}/{asked}",
        },
        **more,
    )
