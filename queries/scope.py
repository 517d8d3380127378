"""Whose events: the scopes between which related activity can be switched, and its filters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from queries.question import Question, ask_for

if TYPE_CHECKING:
    from queries.case import Case
    from queries.progress import CancelToken

ALL = "all"
SESSION = "session"
KEY = "key"
IDENTITY = "identity"
PRINCIPAL = "principal"
ORIGIN = "origin"
CREATED = "created"
ADDRESS = "address"
ADDRESSES = "addresses"
REPOSITORY = "repository"
VALUE = "value"

SCOPES = (
    SESSION, KEY, IDENTITY, PRINCIPAL, ORIGIN, CREATED, ADDRESS, ADDRESSES, REPOSITORY, VALUE, ALL,
)  # fmt: skip
"""IDENTITY is one role, user or service with all its sessions, as the list of principals counts
it; PRINCIPAL also finds the name of a single session; CREATED is what the keys, users and roles did
that somebody made."""

ACTS = {
    "delete": "deletes",
    "login": "console logins",
    "login-without-mfa": "console logins without MFA",
    "failed-login": "failed console logins",
    "credential": "credentials handed out",
    "identity-change": "changes to users, roles and permissions",
    "secret-read": "secrets and parameters read",
    "root": "acts of the root user",
    "logging-change": "changes to logging and detection",
}
"""Groups of calls that `Filters.act` names, in words."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A kind of scope and the value it is about."""

    kind: str
    value: str | None = None
    principal: str | None = None
    """With SESSION: the session's ARN; OIDC jobs share ARNs, so the key alone is `value`, or None
    for what was done without one."""
    places: str | None = None
    """With VALUE: the columns that hold it, as `locate` finds them."""
    said: str | None = None
    """With ADDRESSES, whose `value` lists them between spaces: what they have in common."""

    @property
    def located(self) -> bool:
        """Whether it can be asked about; if not, `locate` it first."""
        return self.kind != VALUE or self.places is not None


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list of events; None means any. Times are UTC, `until` is exclusive."""

    since: datetime | None = None
    until: datetime | None = None
    account: str | None = None
    region: str | None = None
    service: str | None = None
    name: str | None = None
    error: str | None = None
    address: str | None = None
    client: str | None = None
    access_key: str | None = None
    who: str | None = None
    """The principal whom the record names."""
    resource: str | None = None
    """Its ARN, else its name in the request; `(none named)` for the calls that name none."""
    repository: str | None = None
    """Its key."""
    caller: str | None = None
    """Whom a service probably acted for."""
    act: str | None = None
    """A group of calls, one of `ACTS`."""
    writes: bool = False
    failures: bool = False
    fold_layers: bool = False
    """Leave out the calls for single layers: they belong to the push or pull they come with."""

    def changed(self, **changes: Any) -> Filters:
        return replace(self, **changes)

    @property
    def active(self) -> list[str]:
        """The names of the filters in force."""
        return [n for n in self.__slots__ if getattr(self, n) and n != "fold_layers"]


def about(name: str, scope: Scope, filters: Filters | None = None, **more: Any) -> Question:
    """A question of the activity family (`activity`, `activity_values` …) about a scope."""
    if not scope.located:
        raise ValueError("locate the value first")
    filters = filters or Filters()
    parameters = {field: getattr(filters, field) for field in Filters.__slots__}
    return ask_for(
        name,
        scope=scope.kind,
        value=scope.value,
        principal=scope.principal,
        places=scope.places,
        **parameters,
        **more,
    )


def locate(scope: Scope, case: Case, cancel: CancelToken | None = None) -> Scope:
    """A scope that can be asked about: with VALUE, first find the columns that hold the value.

    Comparing every column of every event takes ten times as long as looking into one column after
    the other, and the index knows of most columns at once that the value is not in them.
    """
    if scope.located:
        return scope
    question = ask_for("value_places", value=scope.value)
    found = case.ask(question.sql, question.bound, cancel)
    return replace(scope, places=f" {' '.join(row[0] for row in found.rows)} ")
