"""Names of repositories, images and places as Google writes them.

`projects/P/locations/L/repositories/R/dockerImages/NAME%2Fsub@sha256:…` in records, and
`L-docker.pkg.dev/P/R/NAME` or `gcr.io/P/NAME` in references: both give the repository key
`P/L/R/NAME`. https://cloud.google.com/artifact-registry/docs/docker/names
gcr.io, us.gcr.io, eu.gcr.io and asia.gcr.io are repositories of these names in us, us, europe and
asia. https://cloud.google.com/artifact-registry/docs/transition/gcr-repositories
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from queries.providers.base import Hosted

_GCR = {"gcr.io": "us", "us.gcr.io": "us", "eu.gcr.io": "europe", "asia.gcr.io": "asia"}
_HOST = re.compile(r"(?P<place>[a-z0-9-]+)-docker\.pkg\.dev")
_RESOURCE = re.compile(
    r"(?://[^/]+)?/*projects/(?P<project>[^/]+)/locations/(?P<place>[^/]+)"
    r"(?:/repositories/(?P<repository>[^/]+)(?:/(?P<rest>.+))?)?"
)
_URL = re.compile(
    r"(?:https?://[^/]+)?/v2/(?P<path>.+?)/(?P<kind>manifests|blobs|tags)/(?P<ref>.+)"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a record is about."""

    project: str = ""
    place: str = ""
    repository: str = ""
    """Artifact Registry's own: it holds images of many names."""
    image: str = ""
    tag: str = ""
    digest: str = ""
    layer: str = ""

    @property
    def name(self) -> str:
        return "/".join(filter(None, (self.repository, self.image)))

    @property
    def key(self) -> str:
        return f"{self.project or '?'}/{self.place or '?'}/{self.name}" if self.name else ""


def artifact_of(resource: str, url: str, project: str) -> Artifact:
    """From the resource's name and the URL of the call. `project` stands for a project's number."""
    found = _RESOURCE.fullmatch(unquote(resource))
    if not found:
        return Artifact()
    named = found["project"]
    owner = project if named.isdigit() and project else named
    image, tag, digest, layer = _rest(_split(resource))
    asked, reference, of_manifest = _asked(url, (named, owner), found["repository"] or "")
    image = image or asked
    if _DIGEST.fullmatch(reference):
        digest, layer = (digest or reference, layer) if of_manifest else (digest, reference)
    elif of_manifest:
        tag = tag or reference
    return Artifact(owner, found["place"], found["repository"] or "", image, tag, digest, layer)


def _split(resource: str) -> str:
    """What follows the repository, still encoded: `%2F` within a name is no separator."""
    return re.split(r"/repositories/[^/]+/?", resource, maxsplit=1)[-1]


def _rest(rest: str) -> tuple[str, str, str, str]:
    """(image, tag, digest, layer) of what stands behind a repository."""
    kind, _, name = rest.partition("/")
    if kind == "dockerImages":
        name, _, digest = unquote(name).partition("@")
        name, _, tag = name.partition(":")
        return name, tag, digest, ""
    if kind == "packages":
        parts = name.split("/")
        image, below = unquote(parts[0]), dict(zip(parts[1::2], parts[2::2], strict=False))
        return image, unquote(below.get("tags", "")), unquote(below.get("versions", "")), ""
    return "", "", "", unquote(name) if kind == "files" else ""


def _asked(url: str, projects: tuple[str, ...], repository: str) -> tuple[str, str, bool]:
    """(image, tag or digest, whether it is a manifest's) of a URL of the registry protocol."""
    found = _URL.fullmatch(unquote(url).split("?")[0])
    if not found:
        return "", "", False
    path = found["path"]
    for project in projects:
        for start in (f"{project.replace(':', '/')}/{repository}/", f"{project}/"):
            if path.startswith(start):
                path = path.removeprefix(start)
                break
        else:
            continue
        break
    reference = found["ref"] if found["kind"] != "tags" else ""
    return path, reference if "/" not in reference.strip("/") else "", found["kind"] == "manifests"


def hosted(host: str, path: str) -> Hosted | None:
    """Whose an image reference is, if it is on a registry of Google."""
    match = _HOST.fullmatch(host)
    if host not in _GCR and not match:
        return None
    parts = path.split("/")
    if "." in parts[0] and len(parts) > 1:  # a project of a domain: example.com/project
        parts = [f"{parts[0]}:{parts[1]}", *parts[2:]]
    project, rest = parts[0], parts[1:]
    place = match["place"] if match else _GCR[host]
    name = "/".join(rest if match else [host, *rest])
    complete = len(rest) >= (2 if match else 1)
    key = f"{project}/{place}/{name}" if complete else ""
    return Hosted("google", project, place, name, key)


def gcr_host(place: str) -> tuple[str, str]:
    """(host, location) of the legacy registry behind a bucket's prefix."""
    host = f"{place}.gcr.io" if place else "gcr.io"
    return host, _GCR.get(host, place)
