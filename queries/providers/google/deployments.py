"""Calls that make Google Cloud run an image: Cloud Run, Cloud Functions, Cloud Build. (What GKE
runs is told by the cluster's own audit, which the provider for Kubernetes reads.)

https://cloud.google.com/run/docs/audit-logging and
https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions
The requests are taken to have the shape of the APIs' own messages.
"""

from __future__ import annotations

import re
from typing import Any

from queries.providers.event import Deployment, Event, Image
from queries.providers.google.vocabulary import short
from queries.providers.members import containers, first_text, member, objects, text

_RUN = re.compile(r"(create|replace|update|delete)(service|job|workerpool)|runjob", re.IGNORECASE)
_FUNCTION = re.compile(r"(create|update|delete)function", re.IGNORECASE)


def deployment_of(event: Event, entry: dict[str, Any]) -> Deployment | None:
    """What a call starts, changes or ends, or None."""
    method = short(event.name)
    if event.service == "run.googleapis.com" and _RUN.fullmatch(method):
        return _run(event, entry, method.lower())
    if event.service == "cloudfunctions.googleapis.com" and _FUNCTION.fullmatch(method):
        return _function(event, entry, method.lower())
    if event.service == "cloudbuild.googleapis.com" and method in (
        "CreateBuild",
        "RunBuildTrigger",
    ):
        return _build(event)
    return None


def _run(event: Event, entry: dict[str, Any], method: str) -> Deployment:
    noun = "job" if "job" in method else "worker pool" if "workerpool" in method else "service"
    named = noun.replace(" ", "")
    name = first_text(
        entry, ("resource", "labels", f"{named}_name"), ("resource", "labels", "service_name")
    ) or first_text(
        event.request,
        (named, "metadata", "name"),
        (f"{named}Id",),
        (named, "name"),
        ("name",),
    )
    name = name.rsplit("/", 1)[-1] or event.resource.rsplit("/", 1)[-1]
    act = "ended" if method.startswith("delete") else "ran" if method == "runjob" else "deployed"
    if noun == "job" and act == "deployed":
        act = "defined"
    return Deployment(
        "cloud run",
        act,
        f"{event.account}/{event.region}/{noun}/{name}",
        f"{noun} {name}",
        _images(event),
    )


def _function(event: Event, entry: dict[str, Any], method: str) -> Deployment:
    """A function of the second generation is built into an image that the call does not name; the
    service of Cloud Run behind it does, in a record of its own."""
    name = first_text(event.request, ("functionId",), ("function", "name"), ("name",)) or text(
        entry, "resource", "labels", "function_name"
    )
    name = name.rsplit("/", 1)[-1] or event.resource.rsplit("/", 1)[-1]
    act = "ended" if method.startswith("delete") else "deployed"
    unit = f"{event.account}/{event.region}/function/{name}"
    return Deployment(
        "cloud functions", act, unit, f"function {name}", _images(event) or [Image("")]
    )


def _build(event: Event) -> Deployment | None:
    steps = objects(member(event.request, "build", "steps"))
    images = [Image(text(each, "name"), text(each, "id")) for each in steps if text(each, "name")]
    if not images:
        return None
    return Deployment("cloud build", "ran", event.event_id, "build", images)


def _images(event: Event) -> list[Image]:
    """Those of the request; those of the answer where the request names none."""
    found = dict.fromkeys(containers(event.request)) or dict.fromkeys(containers(event.response))
    return [Image(image, name) for name, image in found]
