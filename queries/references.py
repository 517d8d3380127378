"""Image references as registries and platforms write them: host, repository, tag, digest.

The grammar is that of the distribution project, which Docker, containerd and the AWS services
follow: the part before the first slash is a host when it has a dot or a colon or is `localhost`;
without one the image is Docker Hub's; without tag and digest the tag is `latest`; where tag and
digest stand together, the digest decides. https://pkg.go.dev/github.com/distribution/reference

Hosts of ECR: https://docs.aws.amazon.com/general/latest/gr/ecr.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from queries.providers import PROVIDERS, hosted
from queries.providers.aws.hosts import ECR_HOST, PUBLIC_HOSTS

ECR = "ecr"
ECR_PUBLIC = "ecr-public"
DOCKER_HUB = "docker hub"
OTHER = "other"

LATEST = "latest"

_HUB_HOSTS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})

_HOST = re.compile(r"(?:[A-Za-z0-9._${}:-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_SCHEME = re.compile(r"(?:docker|https?)://", re.IGNORECASE)
_HOSTS = tuple(provider.mentions for provider in PROVIDERS if provider.mentions)
_MENTION = re.compile(
    rf"(?:{'|'.join(_HOSTS)})/[A-Za-z0-9._/-]+(?::\w[\w.-]*)?(?:@sha256:[0-9a-f]{{64}})?",
    re.ASCII,
)
MENTION_SIGNS = tuple(sign for provider in PROVIDERS for sign in provider.mention_signs)
"""One of these stands in every text that mentions a registry."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One image reference, taken apart. Empty text where a part is not given."""

    written: str
    registry: str
    """ECR, ECR_PUBLIC, DOCKER_HUB, OTHER, or the name of another provider."""
    host: str
    port: str
    account: str
    """The registry's account (private ECR only)."""
    region: str
    repository: str
    """The name as ECR's API has it: without host; of a public image without the alias."""
    alias: str
    """The registry alias of a public image (`public.ecr.aws/ALIAS/name`)."""
    tag: str
    """As written, or `latest` when neither tag nor digest is."""
    digest: str
    tag_implied: bool
    hosted_key: str = ""
    """The repository's key on another provider's registry."""

    @property
    def key(self) -> str:
        """`account/region/name` as `events.repository` has it; empty where no account is named."""
        if self.hosted_key:
            return self.hosted_key
        if self.registry != ECR or not self.account:
            return ""
        return f"{self.account}/{self.region}/{self.repository}"


def parse_reference(text: object, account: str = "", region: str = "") -> Reference | None:
    """Take a reference apart; None for what is none (empty, a path, a sentence).

    `account` and `region` are where it was used: they stand in for a template's
    `${AWS::AccountId}` and `${AWS::Region}`, which resolve to just these.
    """
    if not isinstance(text, str):
        return None
    written = text.strip()
    rest = _SCHEME.sub("", written, count=1)
    rest, at, digest = rest.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        return None
    host, port, rest = _split_host(rest)
    rest, tag = _split_tag(rest)
    if not _PATH.fullmatch(rest) or len(rest) > 255 or (tag and not _TAG.fullmatch(tag)):
        return None
    registry, owner, place = _registry(host, account, region)
    alias = hosted_key = ""
    if registry == DOCKER_HUB and "/" not in rest:
        rest = f"library/{rest}"
    elif registry == ECR_PUBLIC and "/" in rest:
        alias, rest = rest.split("/", 1)
    elif registry == OTHER and (there := hosted(host, rest)) is not None:
        registry, owner, place = there.provider, there.account, there.region
        rest, hosted_key = there.repository, there.key
    implied = not tag and not digest
    return Reference(
        written=written,
        registry=registry,
        host=host,
        port=port,
        account=owner,
        region=place,
        repository=rest,
        alias=alias,
        tag=LATEST if implied else tag,
        digest=digest.lower() if digest.lower().startswith("sha256:") else digest,
        tag_implied=implied,
        hosted_key=hosted_key,
    )


def mentions(text: str) -> Iterator[str]:
    """References to registries anywhere in a text, such as a template or a command."""
    found = (match.group().rstrip("./-") for match in _MENTION.finditer(text))
    yield from dict.fromkeys(found)


def _split_host(text: str) -> tuple[str, str, str]:
    """(host in lower case, port, rest). A first part without dot or colon is no host."""
    first, slash, rest = text.partition("/")
    named = any(sign in first for sign in ".:") or first.lower() == "localhost"
    if not slash or not named or not _HOST.fullmatch(first):
        return "docker.io", "", text
    host, _, port = first.rpartition(":")
    if port.isdigit() and host:
        return _host_case(host), port, rest
    return _host_case(first), "", rest


def _host_case(host: str) -> str:
    """Host names know no case; a template's parameters do."""
    return host if "${" in host else host.lower()


def _split_tag(text: str) -> tuple[str, str]:
    name, colon, tag = text.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (text, "")


def _registry(host: str, account: str, region: str) -> tuple[str, str, str]:
    """(kind of registry, account, region) of a host."""
    if match := ECR_HOST.fullmatch(host):
        owner = match["account"]
        place = match["region"] or match["dual"]
        if not owner.isdigit():
            owner = account if owner == "${AWS::AccountId}" else ""
        if place.startswith("$"):
            place = region if place == "${AWS::Region}" else ""
        return ECR, owner if place else "", place
    if host in PUBLIC_HOSTS:
        return ECR_PUBLIC, "", ""
    return (DOCKER_HUB if host in _HUB_HOSTS else OTHER), "", ""
