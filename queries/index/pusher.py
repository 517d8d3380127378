"""Who pushed, and by what way: a person or a service, a docker client or a call of one's own."""

from __future__ import annotations

import ipaddress
from typing import Any

from queries.providers import PROVIDERS

PERSON = "person"
REPLICATION = "replication"
PULL_THROUGH = "pull-through cache"
SERVICE = "service"

VIA_PROXY = "docker client"
VIA_API = "API call"
VIA_SERVICE = "AWS service"

_SERVICES = tuple(provider.suffix for provider in PROVIDERS if provider.suffix)
"""What the names of services end in."""


def actor(row: dict[str, Any]) -> str:
    """A person (or CI job), or the service that copied an image without one.

    No public record of a replication or a pull-through write was found; the service names are
    those of ECR's service-linked roles
    (https://docs.aws.amazon.com/AmazonECR/latest/userguide/using-service-linked-roles.html).
    """
    if row["made_by"]:
        return str(row["made_by"])
    said = " ".join(
        str(row[name] or "") for name in ("principal", "invoked_by", "issuer_arn")
    ).lower()
    if "replication.ecr" in said or "ecrreplication" in said:
        return REPLICATION
    if "pullthroughcache.ecr" in said or "ecrpullthroughcache" in said:
        return PULL_THROUGH
    by_registry = str(row["invoked_by"]).startswith("ecr") and not row["issuer_arn"]
    if row["event_type"] == "AwsServiceEvent" or (by_registry and not _is_caller(row)):
        return SERVICE
    return PERSON


def _is_caller(row: dict[str, Any]) -> bool:
    """Whether somebody called, for whom the registry then acted. The records of services that act
    of their own have type AWSService, or none."""
    return bool(row["identity_type"]) and row["identity_type"] != "AWSService"


def via(row: dict[str, Any], made_by: str) -> str:
    """Through the registry's own proxy no address is recorded, so every value that is no address
    means a docker-like client (aws/containers-roadmap#1634), but for the name of another service
    that called for somebody: CloudFormation, Image Builder.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    if made_by != PERSON:
        return VIA_SERVICE
    if row["pushed_via"]:
        return str(row["pushed_via"])
    address = row["source_ip_address"]
    if is_address(address):
        agent = str(row["user_agent"] or "").lower()
        known = ("docker", "buildkit", "containerd", "podman", "crane", "skopeo")
        return VIA_PROXY if agent.startswith(known) else VIA_API
    return VIA_SERVICE if _is_service(address) else VIA_PROXY


def _is_service(address: object) -> bool:
    name = str(address or "").removesuffix(".cn")
    return name.endswith(_SERVICES) and not name.startswith("ecr")


def is_address(text: object) -> bool:
    """Whether a sourceIPAddress is an IP address (and not a service or proxy name)."""
    try:
        ipaddress.ip_address(str(text))
    except ValueError:
        return False
    return True


def is_cross_account(row: dict[str, Any]) -> bool:
    """Whether somebody of another account pushed. A registry that is known by its host (it has a
    dot) is in no account that could be compared."""
    account, registry = row["account_id"], row["registry_id"]
    return bool(account and registry) and "." not in registry and account != registry
