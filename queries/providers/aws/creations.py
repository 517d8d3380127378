"""The calls of AWS that make credentials and principals, and the ways in that they open.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from queries.index.members import parsed_object
from queries.providers.event import Creation

KEY, USER, ROLE, PASSWORD = "access key", "user", "role", "console password"
TRUST, PERMISSIONS, PROVIDER = "trust of a role", "permissions", "identity provider"
CREDENTIAL, DEVICE, ASSIGNMENT, ANCHOR = (
    "other credential",
    "MFA device",
    "account assignment",
    "trust anchor",
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a call makes, whose name stands where, and what sort of principal that is."""

    kind: str
    names: tuple[str, ...]
    whose: str = ""
    """`user` or `role`: the thing named is, or belongs to, a principal of that sort."""


_USER = ("r.user.userName", "q.userName")
_ROLE = ("r.role.roleName", "q.roleName")
KINDS: Mapping[tuple[str, str], _Kind] = {
    ("iam.amazonaws.com", "CreateAccessKey"): _Kind(
        KEY, ("r.accessKey.userName", "q.userName"), "user"
    ),
    ("iam.amazonaws.com", "CreateUser"): _Kind(USER, _USER, "user"),
    ("iam.amazonaws.com", "CreateRole"): _Kind(ROLE, _ROLE, "role"),
    ("iam.amazonaws.com", "CreateLoginProfile"): _Kind(PASSWORD, ("q.userName",), "user"),
    ("iam.amazonaws.com", "UpdateLoginProfile"): _Kind(PASSWORD, ("q.userName",), "user"),
    ("iam.amazonaws.com", "UpdateAccessKey"): _Kind(KEY, ("q.userName",), "user"),
    ("iam.amazonaws.com", "UpdateAssumeRolePolicy"): _Kind(TRUST, _ROLE, "role"),
    ("iam.amazonaws.com", "AttachUserPolicy"): _Kind(PERMISSIONS, ("q.userName",), "user"),
    ("iam.amazonaws.com", "PutUserPolicy"): _Kind(PERMISSIONS, ("q.userName",), "user"),
    ("iam.amazonaws.com", "AddUserToGroup"): _Kind(PERMISSIONS, ("q.userName",), "user"),
    ("iam.amazonaws.com", "DeleteUserPermissionsBoundary"): _Kind(
        PERMISSIONS, ("q.userName",), "user"
    ),
    ("iam.amazonaws.com", "AttachRolePolicy"): _Kind(PERMISSIONS, _ROLE, "role"),
    ("iam.amazonaws.com", "PutRolePolicy"): _Kind(PERMISSIONS, _ROLE, "role"),
    ("iam.amazonaws.com", "DeleteRolePermissionsBoundary"): _Kind(PERMISSIONS, _ROLE, "role"),
    ("iam.amazonaws.com", "AttachGroupPolicy"): _Kind(PERMISSIONS, ("q.groupName",)),
    ("iam.amazonaws.com", "PutGroupPolicy"): _Kind(PERMISSIONS, ("q.groupName",)),
    ("iam.amazonaws.com", "CreatePolicyVersion"): _Kind(PERMISSIONS, ("q.policyArn",)),
    ("iam.amazonaws.com", "SetDefaultPolicyVersion"): _Kind(PERMISSIONS, ("q.policyArn",)),
    ("iam.amazonaws.com", "CreateServiceSpecificCredential"): _Kind(
        CREDENTIAL, ("q.userName",), "user"
    ),
    ("iam.amazonaws.com", "ResetServiceSpecificCredential"): _Kind(
        CREDENTIAL, ("q.userName",), "user"
    ),
    ("iam.amazonaws.com", "UploadSSHPublicKey"): _Kind(CREDENTIAL, ("q.userName",), "user"),
    ("iam.amazonaws.com", "UploadSigningCertificate"): _Kind(CREDENTIAL, ("q.userName",), "user"),
    ("iam.amazonaws.com", "EnableMFADevice"): _Kind(DEVICE, ("q.userName",), "user"),
    ("iam.amazonaws.com", "CreateSAMLProvider"): _Kind(PROVIDER, ("r.sAMLProviderArn", "q.name")),
    ("iam.amazonaws.com", "UpdateSAMLProvider"): _Kind(PROVIDER, ("q.sAMLProviderArn",)),
    ("iam.amazonaws.com", "CreateOpenIDConnectProvider"): _Kind(
        PROVIDER, ("r.openIDConnectProviderArn", "q.url")
    ),
    ("iam.amazonaws.com", "AddClientIDToOpenIDConnectProvider"): _Kind(
        PROVIDER, ("q.openIDConnectProviderArn",)
    ),
    ("iam.amazonaws.com", "UpdateOpenIDConnectProviderThumbprint"): _Kind(
        PROVIDER, ("q.openIDConnectProviderArn",)
    ),
    ("identitystore.amazonaws.com", "CreateUser"): _Kind(USER, ("q.userName",)),
    ("sso-directory.amazonaws.com", "CreateUser"): _Kind(USER, ("q.userName",)),
    ("identitystore.amazonaws.com", "CreateGroupMembership"): _Kind(PERMISSIONS, ("q.groupId",)),
    ("sso-directory.amazonaws.com", "AddMemberToGroup"): _Kind(PERMISSIONS, ("q.groupId",)),
    ("sso.amazonaws.com", "CreateAccountAssignment"): _Kind(
        ASSIGNMENT, ("q.principalId", "q.targetId")
    ),
    ("sso.amazonaws.com", "CreatePermissionSet"): _Kind(PERMISSIONS, ("q.name",)),
    ("rolesanywhere.amazonaws.com", "CreateTrustAnchor"): _Kind(ANCHOR, ("q.name",)),
    ("rolesanywhere.amazonaws.com", "CreateProfile"): _Kind(ANCHOR, ("q.name",)),
    ("ec2.amazonaws.com", "CreateKeyPair"): _Kind(CREDENTIAL, ("q.keyName",)),
    ("ec2.amazonaws.com", "ImportKeyPair"): _Kind(CREDENTIAL, ("q.keyName",)),
}


def creation_of(event: Mapping[str, Any]) -> Creation | None:
    """What a call makes, or None. A user or role is named by its ARN, whose path is not known."""
    kind = KINDS.get((event["event_source"], event["event_name"]))
    if kind is None:
        return None
    sides = {
        "q": parsed_object(event["request_parameters"]),
        "r": parsed_object(event["response_elements"]),
    }
    name = next((text for path in kind.names if (text := _at(sides, path))), "")
    if not name and kind.whose == "user" and event["identity_type"] == "IAMUser":
        name = event["user_name"] or ""  # without a name, a user acts on itself
    arn = _at(sides, f"r.{kind.whose}.arn") if kind.whose else ""
    if not arn and kind.whose and name and event["account"]:
        arn = f"arn:{partition_of(event)}:iam::{event['account']}:{kind.whose}/{name}"
    key = _at(sides, "r.accessKey.accessKeyId") or _at(sides, "q.accessKeyId")
    return Creation(kind.kind, name, arn, key if kind.kind == KEY else "")


def partition_of(row: Mapping[str, Any]) -> str:
    """aws, aws-cn, aws-us-gov …: the one of who acted, who can act in no other.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    scheme, _, rest = str(row["principal"] or "").partition(":")
    partition = rest.partition(":")[0]
    return partition if scheme == "arn" and partition.startswith("aws") else "aws"


def _at(sides: dict[str, dict[str, Any]], path: str) -> str:
    value: Any = sides
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
