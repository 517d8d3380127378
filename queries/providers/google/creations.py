"""Credentials, principals and rights that a call on Google Cloud makes.

https://cloud.google.com/iam/docs/audit-logging and
https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
(`serviceData.policyDelta` lists what SetIamPolicy added and took away).
"""

from __future__ import annotations

import re

from queries.providers.event import Creation, Event
from queries.providers.members import first_text, member, objects, text

_ACCOUNT = re.compile(r"serviceAccounts/([^/:]+)")


def creation_of(event: Event) -> Creation | None:
    """What a call makes, or None."""
    name = event.plain_name
    if name == "CreateServiceAccountKey":
        whose = _account(event)
        key = first_text(event.response, ("name",)).rsplit("/keys/", 1)
        return Creation("access key", whose, whose, key[1] if len(key) == 2 else "")
    if name == "CreateServiceAccount":
        email = first_text(event.response, ("email",)) or text(event.request, "account_id")
        return Creation("user", email, email if "@" in email else "")
    if name in ("CreateWorkloadIdentityPoolProvider", "UpdateWorkloadIdentityPoolProvider"):
        return Creation("identity provider", event.resource)
    if name == "storage.hmacKeys.create":
        return Creation("other credential", _account(event) or event.resource)
    if name.lower() == "setiampolicy" and (given := _given(event)):
        return Creation("permissions", given)
    return None


def _account(event: Event) -> str:
    for said in (
        first_text(event.response, ("name",)),
        text(event.request, "name"),
        event.resource,
    ):
        found = _ACCOUNT.search(said)
        if found and "@" in found[1]:
            return found[1]
    found = _ACCOUNT.search(event.resource)
    return found[1] if found else ""


def _given(event: Event) -> str:
    """`roles/owner to user:x@example.com`: what a change of a policy adds."""
    deltas = objects(member(event.details, "policyDelta", "bindingDeltas"))
    added = [each for each in deltas if text(each, "action") == "ADD"]
    return ", ".join(f"{text(each, 'role')} to {text(each, 'member')}" for each in added)
