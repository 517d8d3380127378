"""Commands for AWS.

Deactivating keys and revoking sessions
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html (a policy that
denies everything to credentials issued before a moment, by aws:TokenIssueTime); giving a tag back
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from queries.containment.model import CREATED, KEY, SESSIONS, Suggestion
from queries.containment.shell import command, written
from queries.naming import display_name
from queries.providers.aws.creations import partition_of

POLICY_NAME = "ecr-investigate-deny-older-sessions"


def credential(actor: dict[str, Any], how: str, moment: datetime) -> Suggestion | None:
    """About one access key that acted, or stands behind one that did. `actor` has access_key_id,
    identity_type, identity_arn, issuer_arn, principal and user_name."""
    key, arn = str(actor["access_key_id"]), str(actor["identity_arn"] or "")
    who, kind = display_name(actor["principal"]), actor["identity_type"]
    if kind == "AssumedRole" or ":role/" in arn:
        return _role(arn, who, how, moment)
    if key.startswith("AKIA"):
        return _long_lived(key, actor, who, how)
    if kind == "FederatedUser":
        # It has no policies of its own: what the user may who got its token bounds it.
        arn = str(actor["issuer_arn"] or "")
        if not arn:
            caution = "its record does not say which user got its token: that user is to be denied"
            return Suggestion(SESSIONS, f"sessions of {who}", how, [], caution)
        return _older_sessions("user", arn.rpartition("/")[2], arn, who, how, moment)
    if kind == "IAMUser" or ":user/" in arn:
        return _older_sessions("user", arn.rpartition("/")[2], arn, who, how, moment)
    return None


def _long_lived(key: str, actor: dict[str, Any], who: str, how: str) -> Suggestion:
    why = f"{how}: a long-lived key of {who}"
    if actor["identity_type"] == "Root":
        caution = "a key of the root user: only root itself can switch it off, in the console"
        return Suggestion(KEY, f"access key {key} of root", why, [], caution)
    caution = (
        "whatever else works with this key stops; 'aws iam get-access-key-last-used' says what."
        " Inactive can be undone, deletion cannot"
    )
    line = _inactive(key, str(actor["user_name"] or ""))
    return Suggestion(KEY, f"access key {key} of {who}", why, written(line), caution)


def _role(arn: str, who: str, how: str, moment: datetime) -> Suggestion:
    parts = arn.split("/")
    # arn:aws:sts::1:assumed-role/NAME/session, or arn:aws:iam::1:role/path/NAME
    name = parts[-1] if ":role/" in arn else (parts[1] if len(parts) > 1 else "")
    if name.startswith("AWSReservedSSO_"):
        caution = (
            "a role of IAM Identity Center cannot be changed itself: revoke the person's sessions"
            " there, and deny older sessions in the permission set"
        )
        why = f"{how}, through Identity Center as {who}"
        return Suggestion(SESSIONS, f"sessions of {name}", why, [], caution)
    if "/aws-service-role/" in arn:
        why = f"{how}: {who} is a role of an AWS service, which only the service uses"
        caution = "not to be revoked: look at who made the service act"
        return Suggestion(SESSIONS, f"sessions of {name}", why, [], caution)
    return _older_sessions("role", name, arn, who, how, moment)


def _older_sessions(
    kind: str, name: str, arn: str, who: str, how: str, moment: datetime
) -> Suggestion:
    line = command(
        f"aws iam put-{kind}-policy",
        (f"--{kind}-name", "name", name),
        ("--policy-name", "", POLICY_NAME),
        ("--policy-document", "", deny_older_sessions(moment)),
    )
    caution = (
        f"ends every session of this {kind} that is older, also those of others; who may still"
        " assume it gets a new one, so close the way in first. Remove the policy afterwards"
    )
    why = f"{how}: temporary credentials of {who} stay valid until they run out"
    what = f"sessions of {kind} {name}" + (f" ({arn})" if arn else "")
    return Suggestion(SESSIONS, what, why, written(line), caution)


def deny_older_sessions(moment: datetime) -> str:
    """The policy that the console's "Revoke active sessions" attaches, as JSON."""
    statement = {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def undo(row: dict[str, Any]) -> Suggestion:
    """About a key, user, role or password that was made: a row of `created`."""
    name = str(row["name"] or "")
    user = ("--user-name", "name", name)
    why = f"{display_name(row['principal'])} made it ({row['event_name']})"
    if row["kind"] == "access key":
        key = str(row["created_key"] or "")
        what, line = f"access key {key} for {name}", _inactive(key, name)
    elif row["kind"] == "console password":
        what, line = f"console password of {name}", command("aws iam delete-login-profile", user)
    elif row["kind"] == "user":
        policy = f"arn:{partition_of(row)}:iam::aws:policy/AWSDenyAll"
        deny = ("--policy-arn", "", policy)
        what, line = f"user {name}", command("aws iam attach-user-policy", user, deny)
    else:
        what = f"role {name}: look at who may assume it"
        line = command("aws iam get-role", ("--role-name", "name", name))
    return Suggestion(CREATED, what, why, written(line))


def _inactive(key: str, user: str) -> str:
    return command(
        "aws iam update-access-key",
        ("--access-key-id", "key", key),
        ("--status", "", "Inactive"),
        ("--user-name", "name", user),
    )


def keep_image(push: dict[str, Any]) -> list[str]:
    """Write the manifest of what was pushed into a file."""
    digest = str(push["image_digest"])
    line = command("aws ecr batch-get-image", *_place(push), ("--image-ids", "imageDigest", digest))
    return [f"{line} > manifest.json"] if line else []


def give_back(push: dict[str, Any], tag: str, before: str) -> list[str]:
    """Put a tag back on the image that it named before; ECR refuses when the digest differs."""
    get = command(
        "aws ecr batch-get-image",
        *_place(push),
        ("--image-ids", "imageDigest", before),
        ("--query", "", "images[0].imageManifest"),
        ("--output", "", "text"),
    )
    put = command(
        "aws ecr put-image",
        *_place(push),
        ("--image-tag", "tag", tag),
        ("--image-digest", "digest", before),
    )
    if not get or not put:
        return []
    return [f'MANIFEST="$({get})"', f'{put} --image-manifest "$MANIFEST"']


def _place(push: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        ("--region", "region", str(push["aws_region"] or "")),
        ("--registry-id", "account", str(push["registry_id"] or "")),
        ("--repository-name", "repository", str(push["repository_name"] or "")),
    ]
