"""Image manifests: Docker v2, OCI, and indexes, as they stand in a PutImage record.

https://github.com/opencontainers/image-spec/blob/main/manifest.md and image-index.md;
Docker schema 2: https://distribution.github.io/distribution/spec/manifest-v2-2/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

IMAGE = "image"
INDEX = "index"
HELM_CHART = "helm_chart"
BUILD_CACHE = "build_cache"
SIGNATURE = "signature"
ATTESTATION = "attestation"
SBOM = "sbom"
ARTIFACT = "artifact"
UNKNOWN = "unknown"

_IMAGE_CONFIGS = frozenset(
    {
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.oci.image.config.v1+json",
    }
)
_TELLING = ("layers", "manifests", "fsLayers", "config", "blobs", "subject")
"""Blobs are an artifact manifest's, which ORAS and Notation pushed before OCI 1.1 dropped it again.
https://github.com/opencontainers/image-spec/blob/v1.1.0-rc2/artifact.md"""
ATTACHMENT_TAG = re.compile(r"sha256-([0-9a-f]{64})(?:\.(sig|att|sbom))?")
"""cosign's tag scheme and the OCI referrers fallback tag: they name the image they belong to."""


@dataclass(slots=True)
class Child:
    """An entry of an index."""

    digest: str
    platform: str
    attestation: bool


@dataclass(slots=True)
class Layer:
    digest: str
    size: int | None
    media_type: str


@dataclass(slots=True)
class Manifest:
    """What a manifest says. `kind` is UNKNOWN when CloudTrail did not record the manifest."""

    kind: str = UNKNOWN
    media_type: str = ""
    layers: list[Layer] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    config_digest: str = ""
    config_size: int | None = None
    subject: str = ""

    @property
    def size(self) -> int | None:
        """Bytes of config and layers, None when unknown."""
        sizes = [layer.size for layer in self.layers]
        if not self.layers or any(size is None for size in sizes):
            return None
        return sum(size for size in sizes if size is not None) + (self.config_size or 0)


def parse_manifest(text: str | None) -> Manifest:
    """Read a manifest; anything that is none (cut, omitted, not JSON) gives kind UNKNOWN."""
    try:
        value = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return Manifest()
    if not isinstance(value, dict) or value.get("omitted") is True:
        return Manifest()
    if not any(key in value for key in _TELLING):
        return Manifest()
    manifest = Manifest(media_type=_text(value.get("mediaType")))
    manifest.subject = _text(_dict(value.get("subject")).get("digest"))
    config = _dict(value.get("config"))
    manifest.config_digest = _text(config.get("digest"))
    manifest.config_size = _size(config.get("size"))
    manifest.layers = [
        Layer(_text(layer.get("digest")), _size(layer.get("size")), _text(layer.get("mediaType")))
        for layer in map(_dict, _list(value.get("layers")) or _list(value.get("blobs")))
    ]
    if not manifest.layers:
        # Docker schema 1: no sizes, newest layer first.
        manifest.layers = [
            Layer(_text(layer.get("blobSum")), None, "")
            for layer in reversed([_dict(entry) for entry in _list(value.get("fsLayers"))])
        ]
    manifest.children = [_child(entry) for entry in map(_dict, _list(value.get("manifests")))]
    manifest.kind = _kind(value, manifest, _text(config.get("mediaType")))
    return manifest


def _child(entry: dict[str, Any]) -> Child:
    platform = _dict(entry.get("platform"))
    parts = [_text(platform.get(name)) for name in ("os", "architecture", "variant")]
    name = "/".join(part for part in parts if part)
    reference = _text(_dict(entry.get("annotations")).get("vnd.docker.reference.type"))
    attestation = reference == "attestation-manifest" or name == "unknown/unknown"
    return Child(_text(entry.get("digest")), name, attestation)


def _kind(value: dict[str, Any], manifest: Manifest, config_type: str) -> str:
    """Media types decide: the config's, then the artifact's and the layers'."""
    types = [config_type, _text(value.get("artifactType"))]
    types += [layer.media_type for layer in manifest.layers]
    types += [_text(_dict(entry).get("mediaType")) for entry in _list(value.get("manifests"))]
    types += [_text(_dict(entry).get("artifactType")) for entry in _list(value.get("manifests"))]
    said = " ".join(types)
    if "buildkit.cacheconfig" in said:
        return BUILD_CACHE
    if "cncf.helm" in said:
        return HELM_CHART
    if "cosign.simplesigning" in said or "sigstore.bundle" in said or "notary.signature" in said:
        return SIGNATURE
    if "spdx" in said or "cyclonedx" in said:
        return SBOM
    if manifest.children:
        return INDEX
    if "in-toto" in said or "dsse" in said:
        return ATTESTATION
    if config_type in _IMAGE_CONFIGS or (not config_type and not value.get("artifactType")):
        return IMAGE
    return ARTIFACT


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
