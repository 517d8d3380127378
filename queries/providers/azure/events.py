"""A registry's own records to events: its log, its Event Grid events and its webhooks.

https://learn.microsoft.com/azure/azure-monitor/reference/tables/containerregistryrepositoryevents
https://learn.microsoft.com/azure/azure-monitor/reference/tables/containerregistryloginevents
https://learn.microsoft.com/azure/event-grid/event-schema-container-registry
https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference
"""

from __future__ import annotations

import re
from typing import Any

from queries.providers.azure import identity
from queries.providers.azure.fields import Fields, Resource, address, as_text, made_id, opened
from queries.providers.azure.hosts import login_server
from queries.providers.azure.vocabulary import REGISTRY, data_call, only_reads
from queries.providers.event import Event
from queries.providers.vocabulary import DELETE, LOGIN, PULL, PUSH, TAG, UNTAG
from queries.times import utc_time

NAME = "azure"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CLIENTS = ("docker", "buildkit", "containerd", "podman", "crane", "skopeo", "go-containerregistry")


def of_log(fields: Fields) -> Event:
    """A record of ContainerRegistryRepositoryEvents or ContainerRegistryLoginEvents."""
    resource = Resource(fields.text("resourceid", "_resourceid"))
    registry = login_server(fields.text("loginserver")) or login_server(
        fields.text("registry") or resource.name("registries")
    )
    login = "login" in fields.text("category", "type").lower()
    operation = fields.text("operationname", "action") or ("Login" if login else "")
    name, action = data_call(operation)
    caller = identity.of_registry(fields, registry)
    repository = fields.text("repository")
    tag, digest = _tag_and_digest(fields.text("tag"), fields.text("digest"))
    outcome, error, message = result(
        fields.text("resulttype"), fields.text("resultdescription"), fields.text("statuscode")
    )
    when = fields.time
    return Event(
        provider=NAME,
        time=when,
        event_id=made_id(
            when, operation.lower(), registry, repository, tag, digest, caller.principal,
            fields.text("correlationid"), outcome,
        ),
        service=REGISTRY,
        name=name,
        account=resource.subscription or fields.text("subscriptionid", "_subscriptionid"),
        region=fields.text("location", "region").lower().replace(" ", ""),
        address=address(fields.text("calleripaddress", "callerip")),
        agent=fields.text("useragent"),
        outcome=outcome,
        error=error,
        error_message=message,
        request_id=fields.text("correlationid"),
        reads=only_reads(operation, action),
        kind=fields.text("category", "type") or "ContainerRegistryRepositoryEvents",
        principal=caller.principal,
        identity_type=caller.type,
        principal_id=caller.principal_id,
        principal_account=caller.tenant,
        user_name=caller.name,
        action=action,
        registry=registry,
        repository=_key(registry, repository),
        repository_name=repository,
        tag=tag,
        digest=digest,
        target=_target(registry, repository, tag, digest),
        via=_via(action, fields.text("useragent")),
        artifact=_artifact("", fields.text("mediatype"), fields.text("artifacttype")),
        request=_request(
            registryId=registry,
            repositoryName=repository,
            mediaType=fields.text("mediatype"),
            artifactType=fields.text("artifacttype"),
            size=fields.text("size"),
            jwtId=fields.text("jwtid") if action == LOGIN else "",
        ),
        resource=resource.text,
    )  # fmt: skip


def of_notice(data: dict[str, Any], *, event_id: str = "", time: object = None, kind: str = "",
              source: str = "") -> Event:  # fmt: skip
    """What an Event Grid event carries in `data`, and a webhook as its whole body."""
    target, request = opened(data.get("target")), opened(data.get("request"))
    resource = Resource(source)
    registry = login_server(as_text(request.get("host"))) or login_server(
        as_text(data.get("loginServer")) or resource.name("registries")
    )
    operation = as_text(data.get("action")) or kind.rsplit(".", 1)[-1]
    name, action = data_call(operation)
    caller = identity.of_notice(data)
    repository = as_text(target.get("repository"))
    tag, digest = _tag_and_digest(as_text(target.get("tag")), as_text(target.get("digest")))
    agent = as_text(request.get("useragent"))
    happened = data.get("timestamp") if data.get("timestamp") is not None else time
    when = (utc_time(happened) if happened is not None else None) or ""
    return Event(
        provider=NAME,
        time=when,
        event_id=as_text(data.get("id")) or event_id
        or made_id(when, operation, registry, repository, tag, digest),
        service=REGISTRY,
        name=name,
        account=resource.subscription,
        region=as_text(data.get("location")).lower(),
        address=address(as_text(request.get("addr"))),
        agent=agent,
        request_id=as_text(request.get("id")),
        reads=only_reads(operation, action),
        kind=kind or "webhook",
        principal=caller.principal,
        identity_type=caller.type,
        user_name=caller.name,
        action=action,
        registry=registry,
        repository=_key(registry, repository),
        repository_name=repository,
        tag=tag,
        digest=digest,
        target=_target(registry, repository, tag, digest),
        via=_via(action, agent),
        artifact=_artifact(
            operation, as_text(target.get("mediaType")), as_text(target.get("artifactType"))
        ),
        request=_request(
            registryId=registry,
            repositoryName=repository,
            mediaType=as_text(target.get("mediaType")),
            artifactType=as_text(target.get("artifactType")),
            size=as_text(target.get("size")),
            method=as_text(request.get("method")),
            chart=f"{as_text(target.get('name'))} {as_text(target.get('version'))}".strip(),
        ),
        resource=source,
    )  # fmt: skip


def result(kind: str, description: str, status: str = "") -> tuple[str, str, str]:
    """(outcome, error, message) from a record's result: words, or the status of the answer, which
    the registry's log has in the description."""
    number = next(
        (text for text in (status, kind, description) if re.fullmatch(r"[1-5]\d\d", text)), ""
    )
    words = kind.lower()
    if number and int(number) >= 400:
        error = _STATUS.get(number, f"HTTP {number}")
        return ("denied" if number in ("401", "403") else "failed"), error, description
    if "fail" in words or "error" in words or words in ("clienterror", "throttled"):
        denied = "unauthorized" in description.lower() or "forbidden" in description.lower()
        return ("denied" if denied else "failed"), kind, description
    return "ok", "", ""


_STATUS = {
    "400": "BadRequest", "401": "Unauthorized", "403": "Forbidden", "404": "NotFound",
    "409": "Conflict", "429": "TooManyRequests",
}  # fmt: skip


def _tag_and_digest(tag: str, digest: str) -> tuple[str, str]:
    """Pulls by a managed identity have the digest in the column of the tag (Azure/acr#734)."""
    if _DIGEST.fullmatch(tag):
        return "", digest or tag
    return tag, digest


def _key(registry: str, repository: str) -> str:
    return f"{registry}/{repository}" if registry and repository else ""


def _target(registry: str, repository: str, tag: str, digest: str) -> str:
    if not repository:
        return registry
    return repository + (f":{tag}" if tag else f"@{digest[:19]}" if digest else "")


def _via(action: str, agent: str) -> str:
    if action not in (PUSH, TAG, PULL, DELETE, UNTAG):
        return ""
    if not agent:
        return "not recorded"
    return "docker client" if agent.lower().startswith(_CLIENTS) else "API call"


_ARTIFACTS = (
    (("cncf.helm", "chart"), "helm_chart"),
    (("notary.signature", "cosign", "sigstore"), "signature"),
    (("spdx", "cyclonedx"), "sbom"),
    (("in-toto", "dsse"), "attestation"),
)


def _artifact(operation: str, *types: str) -> str:
    """What was pushed, by its media types; empty for an image, and for what they leave open."""
    said = " ".join((operation, *types)).lower()
    return next((kind for signs, kind in _ARTIFACTS if any(sign in said for sign in signs)), "")


def _request(**members: str) -> dict[str, str] | None:
    return {name: value for name, value in members.items() if value} or None
