"""Opening the pushing user: the origin of the chain where it is known, else the principal."""

from __future__ import annotations

from typing import Any

from textual.app import App

from queries.index.pusher import is_address
from queries.scope import KEY, ORIGIN, PRINCIPAL, Scope
from tui.widgets.paged_table import Row


def open_pusher(app: App[Any], row: Row) -> None:
    """The screen about who is behind a row that has origin, principal and access_key_id."""
    from tui.screens.principal import PrincipalScreen

    origin = row.get("origin")
    if origin and origin != row.get("principal"):
        scope = Scope(ORIGIN, str(origin))
    else:
        scope = Scope(PRINCIPAL, str(row.get("principal")))
    app.push_screen(PrincipalScreen(scope, push=row))


def scopes_of(row: Row) -> list[tuple[Scope, str]]:
    """The scopes between which the activity around a row can be switched, and what they mean."""
    principal = row.get("principal")
    key = row.get("access_key_id")
    found: list[tuple[Scope, str]] = []
    if key:
        found.append((Scope("session", str(key), str(principal)), "this session"))
        found.append((Scope(KEY, str(key)), "this access key"))
    if principal:
        base = row.get("identity_arn") or principal
        found.append((Scope(PRINCIPAL, str(base)), "this principal, all its sessions"))
    origin = row.get("origin")
    if origin:
        found.append((Scope(ORIGIN, str(origin)), "this origin, the whole chain"))
    own = str(row.get("source_ip_address") or "")
    addresses = [own] if is_address(own) else str(row.get("login_ips") or "").split()
    for address in addresses:
        what = "this address" if address == own else "address of the probable login"
        found.append((Scope("address", address), what))
    return found
