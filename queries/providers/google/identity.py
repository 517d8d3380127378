"""Who an audit log entry names (`protoPayload.authenticationInfo`).

https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
`principalEmail` is missing for federated identities, which have only `principalSubject`, and where
the caller was not allowed to be told. A service account that acts for somebody has who that is in
`serviceAccountDelegationInfo`, the first of them first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from queries.providers.members import first_text, member, objects, text

_OWN_PROJECT = re.compile(r"[^@]+@(?P<project>[a-z0-9.:-]+?)\.iam\.gserviceaccount\.com")
_POOL = re.compile(
    r"principal(?:Set)?://iam\.googleapis\.com/(?P<pool>.+?)/(?:subject|attribute\.[^/]+)/(?P<who>.+)"
)
ARROW = " > "
"""Between the members of a chain of impersonation, which stands for a session's key."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A principal as `providers.event.Event` wants it."""

    principal: str = ""
    kind: str = ""
    subject: str = ""
    account: str = ""
    provider: str = ""
    key: str = ""
    delegation: tuple[str, ...] = ()

    @property
    def chain(self) -> str:
        """What the sessions that this one issues begin with."""
        return ARROW.join((*self.delegation, self.principal))


def identity_of(payload: Any) -> Identity:
    """The principal of an entry; an empty one where it names nobody."""
    told = member(payload, "authenticationInfo")
    email, subject = text(told, "principalEmail"), text(told, "principalSubject")
    plain = subject.split(":", 1)[-1] if re.match(r"[a-zA-Z]+:[^/]", subject) else subject
    principal = email or plain
    chain = tuple(
        who
        for each in objects(member(told, "serviceAccountDelegationInfo"))
        if (who := _delegate(each)) and who != principal
    )
    pool = _POOL.fullmatch(subject)
    owner = _OWN_PROJECT.fullmatch(principal)
    key = text(told, "serviceAccountKeyName").rsplit("/", 1)[-1]
    return Identity(
        principal=principal,
        kind=_kind(principal, subject),
        subject=subject or email,
        account=owner["project"] if owner else "",
        provider=pool["pool"] if pool else "",
        key=ARROW.join((*chain, principal)) if chain else key,
        delegation=chain,
    )


def _delegate(told: dict[str, Any]) -> str:
    said = first_text(
        told,
        ("firstPartyPrincipal", "principalEmail"),
        ("principalSubject",),
        ("thirdPartyPrincipal", "thirdPartyClaims", "sub"),
    )
    return said.split(":", 1)[-1] if re.match(r"[a-zA-Z]+:[^/]", said) else said


def _kind(principal: str, subject: str) -> str:
    if subject.startswith(("principal://", "principalSet://")):
        return "Workforce" if "workforcePools" in subject else "WorkloadIdentity"
    if principal.endswith(".gserviceaccount.com"):
        return "ServiceAccount"
    if principal.startswith("system:"):
        return "Kubernetes"
    return "User" if principal else ""
