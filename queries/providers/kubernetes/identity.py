"""Who a Kubernetes audit event names.

`user.username` is what the cluster calls the caller. On EKS `user.extra` also has the caller's IAM
principal (`arn`, the role's own `canonicalArn`, `accessKeyId`, `sessionName`: from what the
aws-iam-authenticator writes, seen in exports, not in a reference), so the caller is called by the
ARN that CloudTrail uses, and the access key joins it to the chain of sessions there.
https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
https://github.com/kubernetes-sigs/aws-iam-authenticator
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

NOT_RECORDED = "(not recorded)"
_IAM_UID = re.compile(r"aws-iam-authenticator:(\d{12}):([A-Z0-9]+)")
_ASSUMED = re.compile(r"arn:([\w-]+):sts::(\d{12}):assumed-role/([^/]+)/.+")


@dataclass(slots=True)
class Caller:
    """The one who called, in the words of `providers.event.Event`."""

    principal: str = NOT_RECORDED
    type: str = ""
    principal_id: str = ""
    account: str = ""
    name: str = ""
    key: str = ""
    issuer: str = ""
    delegation: tuple[str, ...] = ()
    groups: list[str] = field(default_factory=list)
    impersonated: str = ""


def caller_of(audit: dict[str, Any]) -> Caller:
    """The caller; with impersonation the one who is impersonated, and who did it behind."""
    user = _object(audit.get("user"))
    own = _user(user)
    other = _text(_object(audit.get("impersonatedUser")).get("username"))
    if not other or other == own.name:
        return own
    return Caller(
        principal=other,
        type=_type(other),
        account=own.account,
        name=other,
        key=f"{own.principal} as {other}",
        delegation=(own.principal,),
        groups=_texts(_object(audit.get("impersonatedUser")).get("groups")),
        impersonated=other,
    )


def _user(user: dict[str, Any]) -> Caller:
    name, uid = _text(user.get("username")), _text(user.get("uid"))
    extra = {str(key).lower(): value for key, value in _object(user.get("extra")).items()}
    arn, role = _first(extra.get("arn")), _first(extra.get("canonicalarn"))
    caller = Caller(
        name or NOT_RECORDED, _type(name), uid, name=name, groups=_texts(user.get("groups"))
    )
    if match := _IAM_UID.fullmatch(uid):
        caller.account, caller.principal_id = match[1], match[2]
    if arn.startswith("arn:"):
        caller.principal, caller.key = arn, _first(extra.get("accesskeyid"))
        caller.account = arn.split(":")[4]
        caller.principal_id = _first(extra.get("principalid")) or caller.principal_id
        if match := _ASSUMED.fullmatch(arn):
            caller.type = "AssumedRole"
            # The role's path is not in the session's ARN; canonicalArn may not have it either.
            caller.issuer = role or f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}"
        else:
            caller.type = "IAMUser" if ":user/" in arn else "Root" if arn.endswith(":root") else ""
    return caller


def _type(name: str) -> str:
    if name.startswith("system:serviceaccount:"):
        return "ServiceAccount"
    if name.startswith("system:node:"):
        return "Node"
    if name == "system:anonymous":
        return "Anonymous"
    return "System" if name.startswith("system:") else "User" if name else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _first(value: Any) -> str:
    return next(iter(_texts(value)), "") if isinstance(value, list) else _text(value)
