"""What calls to Google's registries mean.

Methods of Artifact Registry: https://cloud.google.com/artifact-registry/docs/audit-logging lists
`Docker-StartUpload`, `Docker-FinishUpload`, `Docker-PutManifest` and the rest of the registry
protocol under DATA_WRITE and DATA_READ, and the methods of the API by their full names. In public
records only `Docker-GetManifest`, `Docker-HeadManifest` and `Docker-GetTags` were seen: that a push
ends in `Docker-PutManifest` is taken from that list, not from a record.
"""

from __future__ import annotations

import re

from queries.providers.vocabulary import (
    CHECK,
    CREATE_REPOSITORY,
    DELETE,
    DELETE_REGISTRY,
    DELETE_REPOSITORY,
    DOWNLOAD,
    LIST,
    POLICY,
    PULL,
    PUSH,
    READ,
    SETTINGS,
    TAG,
    UNTAG,
    UPLOAD,
)

REGISTRY = "artifactregistry.googleapis.com"
STORAGE = "storage.googleapis.com"
CONTAINER_REGISTRY = "containerregistry.googleapis.com"

_METHODS = {
    "docker-putmanifest": PUSH,
    "docker-startupload": UPLOAD,
    "docker-uploadblob": UPLOAD,
    "docker-finishupload": UPLOAD,
    "docker-cancelupload": UPLOAD,
    "docker-headblob": CHECK,
    "docker-headmanifest": CHECK,
    "docker-getmanifest": PULL,
    "docker-serveblob": DOWNLOAD,
    "docker-getblob": DOWNLOAD,
    "docker-gettags": LIST,
    "docker-catalog": LIST,
    "docker-deletemanifest": DELETE,
    "docker-deletetag": UNTAG,
    "docker-deleteblob": SETTINGS,
    "createrepository": CREATE_REPOSITORY,
    "deleterepository": DELETE_REGISTRY,
    "deletepackage": DELETE_REPOSITORY,
    "deleteversion": DELETE,
    "batchdeleteversions": DELETE,
    "deletetag": UNTAG,
    "createtag": TAG,
    "updatetag": TAG,
    "setiampolicy": POLICY,
}
_STORED = {
    "storage.objects.create": UPLOAD,
    "storage.objects.get": DOWNLOAD,
    "storage.objects.list": LIST,
    "storage.objects.delete": DELETE,
    "storage.setiampermissions": POLICY,
}
"""Legacy Container Registry kept each blob as an object of a bucket."""

GCR_BUCKET = re.compile(r"(?:(?P<place>[a-z0-9-]+)\.)?artifacts\.(?P<project>.+)\.appspot\.com")
"""The bucket of a legacy registry: `artifacts.PROJECT.appspot.com` behind gcr.io, and
`us.`/`eu.`/`asia.` before it behind the others (from memory and Splunk's rule; no real record of a
push was found)."""

_READING = re.compile(
    r"(batch)?(get|list|search|query|check|test|read|head|lookup|fetch|describe|export|download|"
    r"serve|catalog|query|aggregated|generate(access|id)token|sign(blob|jwt))",
    re.IGNORECASE,
)


def short(method: str) -> str:
    """`DeletePackage` for google.devtools.artifactregistry.v1.ArtifactRegistry.DeletePackage."""
    return method.rsplit(".", 1)[-1]


def plain_name(method: str) -> str:
    """The short name where the method has the full name of an API (google.iam.admin.v1.…), without
    `Docker-`; others stay whole (storage.objects.create, v1.compute.instances.insert)."""
    name = short(method) if method.startswith("google.") and method.count(".") >= 3 else method
    return name.removeprefix("Docker-")


def registry_action(service: str, method: str, *, reads: bool) -> str:
    """The action of a call to Artifact Registry. `DockerPutManifest`, as an API's method would be
    named, means `Docker-PutManifest`."""
    name = short(method).lower()
    found = _METHODS.get(name) or _METHODS.get(f"docker-{name.removeprefix('docker')}", "")
    if found or service not in (REGISTRY, CONTAINER_REGISTRY):
        return found if service in (REGISTRY, CONTAINER_REGISTRY) else ""
    if reads:
        return LIST if short(method).lower().startswith("list") else READ
    return SETTINGS


def storage_action(method: str) -> str:
    """The action of a call to a bucket of the legacy registry; empty for one that only reads."""
    return _STORED.get(method.removeprefix("google.").lower(), "")


def reads(method: str, permissions: list[str]) -> bool:
    """Whether a call only reads: by the type of the permissions it needed where the record tells
    (`authorizationInfo[].permissionType`), else by its verb."""
    told = [kind for kind in permissions if kind]
    if told:
        return all(kind.endswith("_READ") for kind in told)
    return _READING.match(short(method).removeprefix("Docker-")) is not None
