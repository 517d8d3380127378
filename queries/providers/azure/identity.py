"""Who an Azure record names.

The Activity log carries the claims of the caller's token: a name (upn, or name), an application
(appid), an object in the directory (objectidentifier), and the token itself (uti), which is what a
session is known by. A registry's own log has one text, `Identity`: a user's name, the id of an
application or object, the name of a repository-scoped token, or the registry's own name for the
admin user (the last two assumed).
https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from queries.providers.azure.fields import Fields, as_text, opened

NOT_RECORDED = "(not recorded)"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_CLAIMS = {
    "name": ("upn", "unique_name", "preferred_username", "emailaddress", "name"),
    "display": ("name",),
    "object": ("objectidentifier", "oid"),
    "application": ("appid", "azp"),
    "tenant": ("tenantid", "tid"),
    "token": ("uti",),
    "how": ("idtyp",),
    "issuer": ("iss",),
    "methods": ("authnmethodsreferences", "amr"),
}


@dataclass(slots=True)
class Caller:
    """The one who called, in the words of `providers.event.Event`."""

    principal: str = NOT_RECORDED
    type: str = ""
    principal_id: str = ""
    tenant: str = ""
    name: str = ""
    key: str = ""


def of_activity(fields: Fields) -> Caller:
    """The caller of a record of the Activity log, from its claims or its columns."""
    identity = opened(fields.value("identity"))
    claims = _claims(opened(fields.value("claims", "claimsd")) or opened(identity.get("claims")))
    authorization = Fields(
        opened(identity.get("authorization"))
        or opened(fields.value("authorization", "authorizationd"))
    )
    evidence = opened(authorization.value("evidence"))
    said = {part: _first(claims, names) for part, names in _CLAIMS.items()}
    name = said["name"] or fields.text("caller") or _name(fields.value("identity"))
    kind = as_text(evidence.get("principalType"))
    principal = (
        name or said["application"] or said["object"] or as_text(evidence.get("principalId"))
    )
    return Caller(
        principal=principal or NOT_RECORDED,
        type=kind or _kind(principal, said["how"]),
        principal_id=said["object"] or as_text(evidence.get("principalId")),
        tenant=said["tenant"] or fields.text("tenantid"),
        name=name,
        key=said["token"],
    )


def of_registry(fields: Fields, registry: str) -> Caller:
    """The caller of a record of a registry's own log."""
    said = fields.value("identity", "identitys", "username", "actor")
    name = _name(said)
    if not name:
        return Caller(tenant=fields.text("usertenantid"))
    kind = _kind(name, "")
    if name.lower() == registry.split(".", maxsplit=1)[0].lower():
        kind = "AdminUser"
    return Caller(
        name, kind, name if _GUID.fullmatch(name) else "", fields.text("usertenantid"), name
    )


def of_notice(data: dict[str, Any]) -> Caller:
    """The caller of an event or webhook: `actor.name`, which is mostly missing."""
    name = as_text(opened(data.get("actor")).get("name"))
    return Caller(name, _kind(name, ""), "", "", name) if name else Caller()


def _name(value: Any) -> str:
    if isinstance(value, dict):
        inner = value.get("claims")
        if isinstance(inner, dict):
            return _first(_claims(inner), _CLAIMS["name"])
        for key in ("name", "upn", "objectId", "principalId"):
            if isinstance(value.get(key), str):
                return str(value[key])
        return ""
    return as_text(value)


def _claims(claims: dict[str, Any]) -> dict[str, str]:
    """Claims by the last part of their names: long ones are addresses of schemas."""
    return {str(name).rsplit("/", 1)[-1].lower(): as_text(value) for name, value in claims.items()}


def _first(claims: dict[str, str], names: tuple[str, ...]) -> str:
    return next((claims[name] for name in names if claims.get(name)), "")


def _kind(name: str, how: str) -> str:
    if how == "app":
        return "ServicePrincipal"
    if "@" in name or how == "user":
        return "User"
    if _GUID.fullmatch(name):
        return "ServicePrincipal or user"
    return "Token" if name else ""
