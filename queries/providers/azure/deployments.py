"""What makes Azure run an image: where the image's name stands in the call's body.

The Activity log has the body of a call only for some resource types and not always
(`properties.requestbody`, `responseBody`: assumed); a call without it is a deployment all the same,
whose image is not recorded.
https://learn.microsoft.com/azure/templates/microsoft.app/containerapps
https://learn.microsoft.com/azure/templates/microsoft.app/jobs
https://learn.microsoft.com/azure/templates/microsoft.containerinstance/containergroups
https://learn.microsoft.com/azure/templates/microsoft.web/sites
https://learn.microsoft.com/azure/templates/microsoft.web/sites/sitecontainers
https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/workspaces/environments/versions
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from queries.providers.azure.fields import Resource
from queries.providers.event import Deployment, Image

_IN_APP = ("template.containers[].image", "template.initContainers[].image")
_IN_GROUP = ("containers[].properties.image", "initContainers[].properties.image")
_IN_SITE = (
    "siteConfig.linuxFxVersion",
    "siteConfig.windowsFxVersion",
    "linuxFxVersion",
    "windowsFxVersion",
)
_KINDS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    # operation: platform, act, noun, places below `properties`
    "microsoft.app/containerapps/write": ("container apps", "deployed", "container app", _IN_APP),
    "microsoft.app/containerapps/delete": ("container apps", "ended", "container app", ()),
    "microsoft.app/jobs/write": ("container apps", "defined", "job", _IN_APP),
    "microsoft.app/jobs/start/action": (
        "container apps", "ran", "job", ("containers[].image", "initContainers[].image", *_IN_APP),
    ),
    "microsoft.containerinstance/containergroups/write": (
        "container instances", "deployed", "container group", _IN_GROUP,
    ),
    "microsoft.containerinstance/containergroups/delete": (
        "container instances", "ended", "container group", (),
    ),
    "microsoft.web/sites/write": ("app service", "deployed", "app", _IN_SITE),
    "microsoft.web/sites/config/write": ("app service", "deployed", "app", _IN_SITE),
    "microsoft.web/sites/slots/write": ("app service", "deployed", "app slot", _IN_SITE),
    "microsoft.web/sites/slots/config/write": ("app service", "deployed", "app slot", _IN_SITE),
    "microsoft.web/sites/sitecontainers/write": ("app service", "deployed", "app", ("image",)),
    "microsoft.web/sites/delete": ("app service", "ended", "app", ()),
    "microsoft.machinelearningservices/workspaces/environments/versions/write": (
        "machine learning", "defined", "environment", ("image",),
    ),
    "microsoft.batch/batchaccounts/pools/write": (
        "azure batch", "deployed", "pool",
        ("deploymentConfiguration.virtualMachineConfiguration.containerConfiguration"
         ".containerImageNames[]",),
    ),
}  # fmt: skip
_ALWAYS = frozenset({"container apps", "container instances"})
"""Platforms that run nothing but images: a call without one has not been recorded whole."""
_TYPES = (
    "containerapps", "jobs", "containergroups", "sites", "environments", "pools", "slots",
)  # fmt: skip
_FX = re.compile(r"(?:DOCKER|COMPOSE|SITECONTAINERS)\|(.*)", re.IGNORECASE | re.DOTALL)


def deployment_of(
    service: str, operation: str, resource: Resource, body: dict[str, Any]
) -> Deployment | None:
    """What a call of the Activity log starts, changes or ends on a platform that runs images."""
    known = _KINDS.get(operation.lower())
    if known is None:
        return None
    platform, act, noun, places = known
    names = [name for kind in _TYPES if (name := resource.name(kind))]
    name = "/".join(names) or (resource.names[-1] if resource.names else "")
    deployed = f"{noun} {resource.group}/{name}" if resource.group else f"{noun} {name}".strip()
    unit = f"{resource.subscription}/{resource.group}/{name}".lower()
    if act == "ended":
        return Deployment(platform, act, unit, deployed)
    inside = body.get("properties") if isinstance(body.get("properties"), dict) else body
    images = list(_images(inside, places))
    if not images:
        if platform not in _ALWAYS:
            return None
        images = [Image("")]
    return Deployment(platform, act, unit, deployed, images)


def _images(body: Any, places: tuple[str, ...]) -> Iterator[Image]:
    said: set[tuple[str, str]] = set()
    for place in places:
        for container, text in _at(body, place.split("."), ""):
            # App Service writes `DOCKER|registry/name:tag`, and other stacks (`PYTHON|3.12`) alike.
            if place.endswith("FxVersion"):
                match = _FX.fullmatch(text)
                if match is None or "|" in match[1] or "/" not in match[1]:
                    continue
                text = match[1]
            if text and (container, text) not in said:
                said.add((container, text))
                yield Image(text, container)


def _at(value: Any, steps: list[str], container: str) -> Iterator[tuple[str, str]]:
    if not steps:
        if isinstance(value, str):
            yield container, value
        return
    step, rest = steps[0], steps[1:]
    if not isinstance(value, dict):
        return
    wanted = step.removesuffix("[]").lower()
    entry = next((each for key, each in value.items() if str(key).lower() == wanted), None)
    if not step.endswith("[]"):
        yield from _at(entry, rest, container)
    elif isinstance(entry, list):
        for each in entry:
            name = each.get("name") if isinstance(each, dict) else None
            yield from _at(each, rest, name if isinstance(name, str) else container)
