"""Images as a registry stores them: blobs, and manifests whose digest is the real SHA-256.

A blob's digest is the hash of a label that says what it stands for, so the same layer has the
same digest wherever it turns up. There are no contents: an audit log never shows any.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
IN_TOTO = "application/vnd.in-toto+json"
COSIGN = "application/vnd.dev.cosign.simplesigning.v1+json"
HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
HELM_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


def digest_of(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True)
class Blob:
    """A layer or a config: what a manifest says of it."""

    digest: str
    size: int
    media_type: str = DOCKER_LAYER
    annotations: Mapping[str, str] = field(default_factory=dict)

    def descriptor(self) -> dict[str, object]:
        noted = {"annotations": dict(self.annotations)} if self.annotations else {}
        return {"mediaType": self.media_type, "size": self.size, "digest": self.digest, **noted}


def blob(label: str, size: int, media_type: str = DOCKER_LAYER) -> Blob:
    """Make the blob that stands for `label`."""
    return Blob(digest_of(label), size, media_type)


@dataclass(frozen=True)
class Manifest:
    """A manifest or an index: the exact text that is hashed, and the blobs it needs."""

    text: str
    media_type: str
    blobs: tuple[Blob, ...] = ()
    children: tuple["Manifest", ...] = ()
    architecture: str = "amd64"

    @property
    def digest(self) -> str:
        return digest_of(self.text)

    @property
    def layers(self) -> tuple[Blob, ...]:
        return self.blobs[:-1]

    @property
    def config(self) -> Blob:
        return self.blobs[-1]


def docker_image(label: str, layers: Sequence[Blob]) -> Manifest:
    """What `docker push` sends: schema 2, indented by three spaces."""
    config = blob(f"{label}/config", 6100 + 310 * len(layers), DOCKER_CONFIG)
    body = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": config.descriptor(),
        "layers": [layer.descriptor() for layer in layers],
    }
    return Manifest(json.dumps(body, indent=3), DOCKER_MANIFEST, (*layers, config))


def _oci(config: Blob, layers: Sequence[Blob], architecture: str = "amd64") -> Manifest:
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config.descriptor(),
        "layers": [layer.descriptor() for layer in layers],
    }
    text = json.dumps(body, separators=(",", ":"))
    return Manifest(text, OCI_MANIFEST, (*layers, config), architecture=architecture)


def oci_image(label: str, layers: Sequence[Blob], architecture: str) -> Manifest:
    config = blob(f"{label}/{architecture}/config", 4200 + 290 * len(layers), OCI_CONFIG)
    return _oci(config, layers, architecture)


def attestation(image: Manifest) -> Manifest:
    """The provenance and SBOM manifest that buildx pushes beside a platform's image."""
    about = image.digest
    statements = [
        Blob(
            digest_of(f"{about}/sbom"),
            41_870,
            IN_TOTO,
            {"in-toto.io/predicate-type": "https://spdx.dev/Document"},
        ),
        Blob(
            digest_of(f"{about}/provenance"),
            9_214,
            IN_TOTO,
            {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"},
        ),
    ]
    config = blob(f"{about}/attestation-config", 241, OCI_CONFIG)
    return _oci(config, statements, "unknown")


def multi_arch(images: Sequence[Manifest]) -> Manifest:
    """The index over one image a platform and the attestation of each."""
    attestations = [attestation(image) for image in images]
    entries = [_entry(image, image.architecture, "linux") for image in images]
    for image, statement in zip(images, attestations, strict=True):
        notes = {
            "vnd.docker.reference.digest": image.digest,
            "vnd.docker.reference.type": "attestation-manifest",
        }
        entries.append({**_entry(statement, "unknown", "unknown"), "annotations": notes})
    body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    text = json.dumps(body, indent=2)
    return Manifest(text, OCI_INDEX, children=(*images, *attestations))


def _entry(manifest: Manifest, architecture: str, os: str) -> dict[str, object]:
    return {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": len(manifest.text),
        "platform": {"architecture": architecture, "os": os},
    }


def signature(image: Manifest) -> Manifest:
    """A cosign signature; its tag names the image (see `signature_tag`)."""
    signed = Blob(
        digest_of(f"{image.digest}/payload"),
        248,
        COSIGN,
        {"dev.cosignproject.cosign/signature": "MEUCIQDexample=="},
    )
    return _oci(blob(f"{image.digest}/signature-config", 233, OCI_CONFIG), [signed])


def signature_tag(image: Manifest) -> str:
    return image.digest.replace(":", "-") + ".sig"


def helm_chart(label: str) -> Manifest:
    chart = blob(f"{label}/chart", 18_433, HELM_CHART)
    return _oci(blob(f"{label}/chart-config", 512, HELM_CONFIG), [chart])
