"""Build `created`: credentials and principals that somebody made, and ways in that they opened.

What is made outlives the session that made it: the new key, user or role acts under its own name,
so the chain of sessions does not lead back. These rows do.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from queries.index.members import parsed_object
from queries.index.rows import insert_rows

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
KINDS: dict[tuple[str, str], _Kind] = {
    ("iam", "CreateAccessKey"): _Kind(KEY, ("r.accessKey.userName", "q.userName"), "user"),
    ("iam", "CreateUser"): _Kind(USER, _USER, "user"),
    ("iam", "CreateRole"): _Kind(ROLE, _ROLE, "role"),
    ("iam", "CreateLoginProfile"): _Kind(PASSWORD, ("q.userName",), "user"),
    ("iam", "UpdateLoginProfile"): _Kind(PASSWORD, ("q.userName",), "user"),
    ("iam", "UpdateAccessKey"): _Kind(KEY, ("q.userName",), "user"),
    ("iam", "UpdateAssumeRolePolicy"): _Kind(TRUST, _ROLE, "role"),
    ("iam", "AttachUserPolicy"): _Kind(PERMISSIONS, ("q.userName",), "user"),
    ("iam", "PutUserPolicy"): _Kind(PERMISSIONS, ("q.userName",), "user"),
    ("iam", "AddUserToGroup"): _Kind(PERMISSIONS, ("q.userName",), "user"),
    ("iam", "DeleteUserPermissionsBoundary"): _Kind(PERMISSIONS, ("q.userName",), "user"),
    ("iam", "AttachRolePolicy"): _Kind(PERMISSIONS, _ROLE, "role"),
    ("iam", "PutRolePolicy"): _Kind(PERMISSIONS, _ROLE, "role"),
    ("iam", "DeleteRolePermissionsBoundary"): _Kind(PERMISSIONS, _ROLE, "role"),
    ("iam", "AttachGroupPolicy"): _Kind(PERMISSIONS, ("q.groupName",)),
    ("iam", "PutGroupPolicy"): _Kind(PERMISSIONS, ("q.groupName",)),
    ("iam", "CreatePolicyVersion"): _Kind(PERMISSIONS, ("q.policyArn",)),
    ("iam", "SetDefaultPolicyVersion"): _Kind(PERMISSIONS, ("q.policyArn",)),
    ("iam", "CreateServiceSpecificCredential"): _Kind(CREDENTIAL, ("q.userName",), "user"),
    ("iam", "ResetServiceSpecificCredential"): _Kind(CREDENTIAL, ("q.userName",), "user"),
    ("iam", "UploadSSHPublicKey"): _Kind(CREDENTIAL, ("q.userName",), "user"),
    ("iam", "UploadSigningCertificate"): _Kind(CREDENTIAL, ("q.userName",), "user"),
    ("iam", "EnableMFADevice"): _Kind(DEVICE, ("q.userName",), "user"),
    ("iam", "CreateSAMLProvider"): _Kind(PROVIDER, ("r.sAMLProviderArn", "q.name")),
    ("iam", "UpdateSAMLProvider"): _Kind(PROVIDER, ("q.sAMLProviderArn",)),
    ("iam", "CreateOpenIDConnectProvider"): _Kind(
        PROVIDER, ("r.openIDConnectProviderArn", "q.url")
    ),
    ("iam", "AddClientIDToOpenIDConnectProvider"): _Kind(PROVIDER, ("q.openIDConnectProviderArn",)),
    ("iam", "UpdateOpenIDConnectProviderThumbprint"): _Kind(
        PROVIDER, ("q.openIDConnectProviderArn",)
    ),
    ("identitystore", "CreateUser"): _Kind(USER, ("q.userName",)),
    ("sso-directory", "CreateUser"): _Kind(USER, ("q.userName",)),
    ("identitystore", "CreateGroupMembership"): _Kind(PERMISSIONS, ("q.groupId",)),
    ("sso-directory", "AddMemberToGroup"): _Kind(PERMISSIONS, ("q.groupId",)),
    ("sso", "CreateAccountAssignment"): _Kind(ASSIGNMENT, ("q.principalId", "q.targetId")),
    ("sso", "CreatePermissionSet"): _Kind(PERMISSIONS, ("q.name",)),
    ("rolesanywhere", "CreateTrustAnchor"): _Kind(ANCHOR, ("q.name",)),
    ("rolesanywhere", "CreateProfile"): _Kind(ANCHOR, ("q.name",)),
    ("ec2", "CreateKeyPair"): _Kind(CREDENTIAL, ("q.keyName",)),
    ("ec2", "ImportKeyPair"): _Kind(CREDENTIAL, ("q.keyName",)),
}

_EVENTS = """
SELECT e.event_key, e.event_time, e.event_source, e.event_name, e.outcome, e.error_code,
  e.principal, coalesce(s.origin, e.principal) AS origin, e.access_key_id, e.user_name,
  e.identity_type, coalesce(e.recipient_account_id, e.account_id) AS account,
  e.request_parameters, e.response_elements, e.creation
FROM events AS e LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
WHERE e.merged_into IS NULL AND (e.creation IS NOT NULL
  OR e.event_source IN (SELECT unnest($sources)) AND e.event_name IN (SELECT unnest($names)))
ORDER BY e.event_time NULLS LAST, e.event_key
"""


def build_created(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `created`, one row for each call that made or opened something, or tried to."""
    sources = sorted({f"{service}.amazonaws.com" for service, _ in KINDS})
    names = sorted({name for _, name in KINDS})
    cursor = connection.execute(_EVENTS, {"sources": sources, "names": names})
    columns = [column[0] for column in cursor.description or ()]
    rows: list[tuple[Any, ...]] = []
    while batch := cursor.fetchmany(1000):
        for values in batch:
            event = dict(zip(columns, values, strict=True))
            if event["creation"]:
                rows.append(_said(event, parsed_object(event["creation"])))
                continue
            service = str(event["event_source"]).removesuffix(".amazonaws.com")
            kind = KINDS.get((service, event["event_name"]))
            if kind is not None:
                rows.append(_row(event, kind))
    insert_rows(connection, "created", rows)
    _name_by_their_own_records(connection)


def _said(event: dict[str, Any], said: dict[str, Any]) -> tuple[Any, ...]:
    """What a provider took out of its record (`providers.base.Creation`)."""
    return (
        event["event_key"],
        event["event_time"],
        event["event_name"],
        said.get("kind"),
        said.get("name"),
        said.get("principal") or None,
        said.get("key") or None,
        event["account"],
        event["outcome"],
        event["error_code"],
        event["principal"],
        event["origin"],
        event["access_key_id"],
    )


def _row(event: dict[str, Any], kind: _Kind) -> tuple[Any, ...]:
    asked, answer = (
        parsed_object(event["request_parameters"]),
        parsed_object(event["response_elements"]),
    )
    sides = {"q": asked, "r": answer}
    name = next((text for path in kind.names if (text := _at(sides, path))), None)
    if name is None and kind.whose == "user" and event["identity_type"] == "IAMUser":
        name = event["user_name"]  # without a name, a user acts on itself
    arn = _at(sides, f"r.{kind.whose}.arn") if kind.whose else ""
    if not arn and kind.whose and name and event["account"]:
        arn = f"arn:aws:iam::{event['account']}:{kind.whose}/{name}"
    key = _at(sides, "r.accessKey.accessKeyId") or _at(sides, "q.accessKeyId")
    return (
        event["event_key"],
        event["event_time"],
        event["event_name"],
        kind.kind,
        name,
        arn or None,
        key or None if kind.kind == KEY else None,
        event["account"],
        event["outcome"],
        event["error_code"],
        event["principal"],
        event["origin"],
        event["access_key_id"],
    )


def _name_by_their_own_records(connection: duckdb.DuckDBPyConnection) -> None:
    """The ARN of a user or role with a path stands in its own records; a request has its name."""
    connection.execute(
        """
        UPDATE created SET arn = a.identity_arn FROM (
          SELECT DISTINCT identity_arn, split_part(identity_arn, ':', 5) AS account,
            regexp_extract(identity_arn, ':(user|role)/', 1) AS sort,
            split_part(identity_arn, '/', -1) AS name
          FROM actors WHERE identity_arn SIMILAR TO 'arn:[^:]*:iam::[0-9]*:(user|role)/.*'
        ) AS a
        WHERE a.account = created.account_id AND a.name = created.name
          AND created.arn LIKE '%:' || a.sort || '/%'
        """
    )


def _at(sides: dict[str, dict[str, Any]], path: str) -> str:
    value: Any = sides
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
