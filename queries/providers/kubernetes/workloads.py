"""What a Kubernetes object runs, and what it is allowed to do on its node.

Where the pod's template stands in each kind:
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
What is dangerous about a pod: the Baseline profile of
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CONTROLLERS = {
    "deployments": "deployment",
    "daemonsets": "daemon set",
    "statefulsets": "stateful set",
    "replicasets": "replica set",
    "replicationcontrollers": "replication controller",
    "jobs": "job",
    "cronjobs": "cron job",
    "deploymentconfigs": "deployment config",
    "rollouts": "rollout",
}
"""Resource to what people call it. The last two are OpenShift's and Argo's."""
PODS = "pods"
_SPECS = (
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("spec", "template", "spec"),
    ("template", "spec"),
    ("spec",),
)
_LISTS = {"containers": "", "initContainers": "init", "ephemeralContainers": "ephemeral"}
_BASELINE = frozenset(
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
        "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    }
)  # fmt: skip
"""Capabilities that the Baseline profile lets a container add."""
_IMAGE_PATH = re.compile(r".*/(?:init|ephemeral)?[cC]ontainers/([^/]+)/image")
_CONTAINER_PATH = re.compile(r".*/((?:init|ephemeral)?[cC]ontainers)(?:/[^/]+)?")
_DIGEST = re.compile(r"(?:[a-z-]+://)?(.+)@(sha256:[0-9a-f]{64})")


@dataclass(slots=True)
class Container:
    """A container of a pod, or a volume made of an image: `kind` is empty, init, ephemeral or
    volume."""

    name: str
    image: str
    kind: str = ""
    digest: str = ""
    command: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Workload:
    """What an object (or a change to one) says about pods. Empty: it does not say."""

    containers: list[Container] = field(default_factory=list)
    host: list[str] = field(default_factory=list)
    """hostNetwork, hostPID, hostIPC, where they are asked for."""
    privileged: list[str] = field(default_factory=list)
    """Names of containers."""
    host_paths: list[str] = field(default_factory=list)
    capabilities: list[str] = field(default_factory=list)
    service_account: str = ""
    node: str = ""


def workload_of(value: Any) -> Workload:
    """The pods of an object of any kind, of a partial one, or of a JSON patch."""
    if isinstance(value, list):
        return _patched(value)
    spec = _pod_spec(value)
    return _of_spec(spec) if spec else Workload()


def running(value: Any) -> list[Container]:
    """The containers of a pod's status, with the digests that the node runs.

    `imageID` is `repository@sha256:…` with containerd and `docker-pullable://…` before it; a bare
    `sha256:…` is the id of the configuration and names no manifest, so it is left out.
    """
    found: list[Container] = []
    status = _object(_object(value).get("status"))
    for name, kind in (
        ("containerStatuses", ""),
        ("initContainerStatuses", "init"),
        ("ephemeralContainerStatuses", "ephemeral"),
    ):
        for each in _objects(status.get(name)):
            match = _DIGEST.fullmatch(str(each.get("imageID") or ""))
            if match is not None:
                image = _text(each.get("image")) or match[1]
                found.append(Container(_text(each.get("name")), image, kind, match[2]))
    return found


def owner_of(value: Any) -> tuple[str, str]:
    """(kind, name) of the controller that an object belongs to."""
    metadata = _object(_object(value).get("metadata"))
    owners = _objects(metadata.get("ownerReferences"))
    owners.sort(key=lambda owner: owner.get("controller") is not True)
    return (_text(owners[0].get("kind")), _text(owners[0].get("name"))) if owners else ("", "")


def name_of(value: Any) -> str:
    metadata = _object(_object(value).get("metadata"))
    made = _text(metadata.get("generateName"))
    return _text(metadata.get("name")) or (f"{made}…" if made else "")


def _pod_spec(value: Any) -> dict[str, Any]:
    """The first place that holds containers, or anything else that only a pod's spec has."""
    signs = (*_LISTS, "hostNetwork", "hostPID", "hostIPC", "volumes")
    for path in _SPECS:
        at = value
        for step in path:
            at = _object(at).get(step)
        spec = _object(at)
        if any(sign in spec for sign in signs):
            return spec
    return {}


def _of_spec(spec: dict[str, Any]) -> Workload:
    found = Workload(service_account=_text(spec.get("serviceAccountName")))
    found.node = _text(spec.get("nodeName"))
    found.host = [name for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name) is True]
    for volume in _objects(spec.get("volumes")):
        path = _object(volume.get("hostPath")).get("path")
        if isinstance(path, str):
            found.host_paths.append(path)
        # The files of an image can be mounted as well.
        # https://kubernetes.io/docs/concepts/storage/volumes/#image
        if image := _text(_object(volume.get("image")).get("reference")):
            found.containers.append(Container(_text(volume.get("name")), image, "volume"))
    for member, kind in _LISTS.items():
        for each in _objects(spec.get(member)):
            _add(found, each, kind)
    return found


def _add(found: Workload, value: dict[str, Any], kind: str) -> None:
    name = _text(value.get("name"))
    security = _object(value.get("securityContext"))
    if security.get("privileged") is True:
        found.privileged.append(name)
    added = _object(security.get("capabilities")).get("add")
    for each in added if isinstance(added, list) else []:
        capability = str(each).upper().removeprefix("CAP_")
        if capability not in _BASELINE and capability not in found.capabilities:
            found.capabilities.append(capability)
    image = _text(value.get("image"))
    if image:
        command = [*_texts(value.get("command")), *_texts(value.get("args"))]
        found.containers.append(Container(name, image, kind, command=command))


def _patched(operations: list[Any]) -> Workload:
    """A JSON patch: operations on paths (RFC 6902)."""
    found = Workload()
    for each in _objects(operations):
        if each.get("op") not in ("add", "replace", "test", None) or each.get("op") == "test":
            continue
        path, value = _text(each.get("path")), each.get("value")
        if (match := _IMAGE_PATH.fullmatch(path)) and isinstance(value, str):
            found.containers.append(Container(f"#{match[1]}", value))
        elif match := _CONTAINER_PATH.fullmatch(path):
            kind = _LISTS.get(match[1], "")
            for container in _objects(value if isinstance(value, list) else [value]):
                _add(found, container, kind)
        elif isinstance(value, dict):
            inner = _pod_spec(value) or _pod_spec({"spec": value})
            if inner:
                more = _of_spec(inner)
                found.containers += more.containers
                found.host += more.host
                found.privileged += more.privileged
                found.host_paths += more.host_paths
        elif path.endswith(("/hostNetwork", "/hostPID", "/hostIPC")) and value is True:
            found.host.append(path.rsplit("/", 1)[-1])
        elif path.endswith("/securityContext/privileged") and value is True:
            found.privileged.append(path.split("/")[-3])
    return found


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> Iterator[str]:
    yield from (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
