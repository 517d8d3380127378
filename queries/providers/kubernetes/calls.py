"""What requests to a cluster mean beside pods and images.

https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from __future__ import annotations

from collections.abc import Mapping

from queries.providers.base import Calls
from queries.providers.kubernetes.vocabulary import SERVICE
from queries.providers.vocabulary import (
    CREDENTIAL_MADE,
    GAINS_RIGHTS,
    IDENTITY_CHANGED,
    READS_SECRETS,
    SECRET_READ,
    STAYS,
)

_BINDINGS = ("rolebindings", "clusterrolebindings", "roles", "clusterroles")
_RIGHTS = tuple(f"{verb} {kind}" for verb in ("create", "update", "patch") for kind in _BINDINGS)
_TOKENS = ("create serviceaccounts/token",)

CALLS: Mapping[str, Calls] = {
    CREDENTIAL_MADE: Calls({SERVICE: (*_TOKENS, "create certificatesigningrequests")}),
    IDENTITY_CHANGED: Calls({SERVICE: (*_RIGHTS, "create serviceaccounts")}),
    SECRET_READ: Calls({SERVICE: ("get secrets", "list secrets")}),
    GAINS_RIGHTS: Calls({SERVICE: _RIGHTS}),
    STAYS: Calls({SERVICE: (*_TOKENS, "create certificatesigningrequests")}),
    READS_SECRETS: Calls({SERVICE: ("get secrets", "list secrets")}),
}
