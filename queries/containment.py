"""What could be done now, as text: nothing here is ever run.

Each suggestion has its reason and the records behind it. Values come from logs that an attacker
wrote into, so a command is written only when every value in it has the form that AWS gives such a
value, and it is quoted for a POSIX shell; else the value is shown and no command is offered.

Facts: deactivating keys and revoking sessions
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html (a policy that
denies everything to credentials issued before a moment, by aws:TokenIssueTime); giving a tag back
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from queries.naming import display_name

if TYPE_CHECKING:
    from queries.case import Case
    from queries.findings.found import Found
    from queries.progress import CancelToken

KEY, SESSIONS, CREATED, IMAGE, HUNT, TAG = (
    "disable a key",
    "end sessions",
    "undo what was created",
    "keep the image",
    "hunt for a digest",
    "restore a tag",
)
KINDS = (KEY, SESSIONS, CREATED, IMAGE, HUNT, TAG)
POLICY_NAME = "ecr-investigate-deny-older-sessions"

_FORMS = {
    "key": re.compile(r"A[A-Z0-9]{15,127}"),
    "account": re.compile(r"\d{12}"),
    "region": re.compile(r"[a-z]{2}(?:-[a-z0-9]+){2,4}"),
    "repository": re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"),
    "tag": re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"),
    "digest": re.compile(r"sha256:[0-9a-f]{64}"),
    "name": re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}"),
}
"""What AWS accepts; anything else in a log was not written by AWS."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A record that a suggestion rests on."""

    event_key: int
    event_id: str | None
    event_time: datetime | None
    event_name: str | None


@dataclass(slots=True)
class Suggestion:
    """One thing that could be done, why, and what for."""

    kind: str
    what: str
    why: str
    commands: list[str] = field(default_factory=list)
    """Lines for a POSIX shell, in their order; empty where none can be written safely."""
    caution: str = ""
    behind: list[Behind] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "kind": self.kind,
            "what": self.what,
            "why": self.why,
            "commands": self.commands,
            "caution": self.caution,
            "event_ids": [record.event_id for record in self.behind if record.event_id],
        }


@dataclass(slots=True)
class Plan:
    """All suggestions, and what they were made from."""

    basis: str
    suggestions: list[Suggestion]


def plan(
    case: Case, found: Found | None, moment: datetime, cancel: CancelToken | None = None
) -> Plan:
    """Suggestions about what is marked, or, where nothing is, about the findings that are critical
    or high. `moment` (UTC) is before which sessions are to end."""
    keys, basis = _suspects(case, found)
    if not keys:
        return Plan(basis, [])
    events = _events(case, keys, cancel)
    made = _Maker(case, moment, cancel)
    made.credentials(events)
    made.images(events)
    order = {kind: number for number, kind in enumerate(KINDS)}
    made.suggestions.sort(key=lambda suggestion: order[suggestion.kind])
    return Plan(basis, made.suggestions)


def _suspects(case: Case, found: Found | None) -> tuple[list[int], str]:
    if marked := sorted(set(case.marks.places.values())):
        plural = "" if len(marked) == 1 else "s"
        return marked, f"made from the {len(marked)} event{plural} marked as evidence"
    bad = [f for f in found.findings if f.severity in ("critical", "high")] if found else []
    keys = sorted({f.push_key if f.push_key is not None else f.event_keys[0] for f in bad})
    if keys:
        return keys, (
            "nothing is marked: made from the critical and high findings, which are not proof;"
            " mark what you hold to be evidence"
        )
    return [], "nothing is marked, and no finding is critical or high: nothing to suggest"


def _events(case: Case, keys: Sequence[int], cancel: CancelToken | None) -> list[dict[str, Any]]:
    return case.ask(
        "SELECT e.event_key, e.event_id, e.event_time, e.event_name, e.access_key_id, e.principal,"
        " e.outcome FROM events AS e WHERE e.event_key IN (SELECT unnest($keys::BIGINT[]))"
        " ORDER BY e.event_time NULLS LAST, e.event_key",
        {"keys": list(keys)},
        cancel,
    ).dicts()


def _behind(row: dict[str, Any]) -> Behind:
    return Behind(row["event_key"], row["event_id"], row["event_time"], row["event_name"])


class _Maker:
    def __init__(self, case: Case, moment: datetime, cancel: CancelToken | None) -> None:
        self._case = case
        self._moment = moment
        self._cancel = cancel
        self.suggestions: list[Suggestion] = []

    def _ask(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        return self._case.ask(sql, values, self._cancel).dicts()

    def _add(self, suggestion: Suggestion, records: Sequence[Behind]) -> None:
        """Each thing once, with all the records that speak for it."""
        for known in self.suggestions:
            if (known.kind, known.what) == (suggestion.kind, suggestion.what):
                known.behind += [r for r in records if r not in known.behind]
                return
        suggestion.behind = list(dict.fromkeys(records))
        self.suggestions.append(suggestion)

    # ---- credentials -----------------------------------------------------------------------

    def credentials(self, events: list[dict[str, Any]]) -> None:
        """The keys and sessions that acted, those they came from and those minted from them."""
        for event in events:
            record = _behind(event)
            own = event["access_key_id"]
            if not own:
                continue
            for key, how in self._family(own).items():
                for actor in self._actors(key):
                    self._credential(actor, how, record)
        self._created([e["access_key_id"] for e in events if e["access_key_id"]])

    def _family(self, key: str) -> dict[str, str]:
        rows = self._ask(
            "SELECT ancestor AS key, 'it came from this one' AS how FROM session_ancestors"
            " WHERE access_key_id = $key UNION ALL"
            " SELECT access_key_id, 'it was minted from the one that acted'"
            " FROM session_ancestors WHERE ancestor = $key ORDER BY 1",
            key=key,
        )
        family = {key: "it acted"}
        for row in rows:
            family.setdefault(row["key"], row["how"])
        return family

    def _actors(self, key: str) -> list[dict[str, Any]]:
        return self._ask(
            "SELECT access_key_id, max(identity_type) AS identity_type,"
            " max(identity_arn) AS identity_arn, principal, max(user_name) AS user_name,"
            " max(account_id) AS account_id FROM actors WHERE access_key_id = $key"
            " GROUP BY access_key_id, principal ORDER BY principal",
            key=key,
        )

    def _credential(self, actor: dict[str, Any], how: str, record: Behind) -> None:
        key, arn = str(actor["access_key_id"]), str(actor["identity_arn"] or "")
        who = display_name(actor["principal"])
        kind = actor["identity_type"]
        if kind == "AssumedRole" or ":role/" in arn:
            self._role(arn, who, how, record)
        elif key.startswith("AKIA"):
            self._long_lived(key, actor, who, how, record)
        elif kind in ("IAMUser", "FederatedUser") or ":user/" in arn:
            name = arn.rpartition("/")[2]
            self._older_sessions("user", name, arn, who, how, record)

    def _long_lived(
        self, key: str, actor: dict[str, Any], who: str, how: str, record: Behind
    ) -> None:
        user = str(actor["user_name"] or "")
        why = f"{how}: a long-lived key of {who}"
        if actor["identity_type"] == "Root":
            caution = "a key of the root user: only root itself can switch it off, in the console"
            self._add(Suggestion(KEY, f"access key {key} of root", why, [], caution), [record])
            return
        command = _command(
            "iam update-access-key",
            ("--access-key-id", "key", key),
            ("--status", "", "Inactive"),
            ("--user-name", "name", user),
        )
        caution = (
            "whatever else works with this key stops; 'aws iam get-access-key-last-used' says what."
            " Inactive can be undone, deletion cannot"
        )
        self._add(
            Suggestion(KEY, f"access key {key} of {who}", why, _written(command), caution), [record]
        )

    def _role(self, arn: str, who: str, how: str, record: Behind) -> None:
        parts = arn.split("/")
        # arn:aws:sts::1:assumed-role/NAME/session, or arn:aws:iam::1:role/path/NAME
        name = parts[-1] if ":role/" in arn else (parts[1] if len(parts) > 1 else "")
        if name.startswith("AWSReservedSSO_"):
            caution = (
                "a role of IAM Identity Center cannot be changed itself: revoke the person's"
                " sessions there, and deny older sessions in the permission set"
            )
            why = f"{how}, through Identity Center as {who}"
            self._add(Suggestion(SESSIONS, f"sessions of {name}", why, [], caution), [record])
        elif "/aws-service-role/" in arn:
            why = f"{how}: {who} is a role of an AWS service, which only the service uses"
            caution = "not to be revoked: look at who made the service act"
            self._add(Suggestion(SESSIONS, f"sessions of {name}", why, [], caution), [record])
        else:
            self._older_sessions("role", name, arn, who, how, record)

    def _older_sessions(
        self, kind: str, name: str, arn: str, who: str, how: str, record: Behind
    ) -> None:
        command = _command(
            f"iam put-{kind}-policy",
            (f"--{kind}-name", "name", name),
            ("--policy-name", "", POLICY_NAME),
            ("--policy-document", "", deny_older_sessions(self._moment)),
        )
        caution = (
            f"ends every session of this {kind} that is older, also those of others; who may still"
            " assume it gets a new one, so close the way in first. Remove the policy afterwards"
        )
        why = f"{how}: temporary credentials of {who} stay valid until they run out"
        what = f"sessions of {kind} {name}" + (f" ({arn})" if arn else "")
        self._add(Suggestion(SESSIONS, what, why, _written(command), caution), [record])

    def _created(self, keys: list[str]) -> None:
        rows = self._ask(
            "SELECT c.event_key, e.event_id, c.event_time, c.event_name, c.kind, c.name, c.arn,"
            " c.created_key, c.principal FROM created AS c"
            " JOIN events AS e ON e.event_key = c.event_key"
            " WHERE c.outcome = 'ok' AND (c.access_key_id IN (SELECT unnest($keys::VARCHAR[]))"
            " OR c.access_key_id IN (SELECT a.access_key_id FROM session_ancestors AS a"
            " WHERE a.ancestor IN (SELECT unnest($keys::VARCHAR[]))))"
            " AND c.kind IN ('access key', 'user', 'role', 'console password')"
            " ORDER BY c.event_time NULLS LAST, c.event_key",
            keys=keys,
        )
        for row in rows:
            name = str(row["name"] or "")
            why = f"{display_name(row['principal'])} made it ({row['event_name']})"
            user = ("--user-name", "name", name)
            if row["kind"] == "access key":
                key = str(row["created_key"] or "")
                command = _command(
                    "iam update-access-key",
                    ("--access-key-id", "key", key),
                    ("--status", "", "Inactive"),
                    user,
                )
                what = f"access key {key} for {name}"
            elif row["kind"] == "console password":
                command = _command("iam delete-login-profile", user)
                what = f"console password of {name}"
            elif row["kind"] == "user":
                command = _command(
                    "iam attach-user-policy",
                    user,
                    ("--policy-arn", "", "arn:aws:iam::aws:policy/AWSDenyAll"),
                )
                what = f"user {name}"
            else:
                command = _command("iam get-role", ("--role-name", "name", name))
                what = f"role {name}: look at who may assume it"
            self._add(Suggestion(CREATED, what, why, _written(command)), [_behind(row)])

    # ---- images ----------------------------------------------------------------------------

    def images(self, events: list[dict[str, Any]]) -> None:
        """The pushes among the events, and those of the same sessions."""
        keys = [event["event_key"] for event in events]
        pushes = self._ask(
            "SELECT p.push_key AS event_key, e.event_id, p.event_time, e.event_name, p.repository,"
            " p.registry_id, p.aws_region, p.repository_name, p.image_tags, p.image_digest,"
            " p.previous_digest, p.principal, p.origin, p.effect FROM pushes AS p"
            " JOIN events AS e ON e.event_key = p.push_key WHERE p.outcome = 'ok'"
            " AND p.push_key IN (SELECT unnest($keys::BIGINT[]))"
            " ORDER BY p.event_time NULLS LAST, p.push_key",
            keys=keys,
        )
        for push in pushes:
            self._image(push)
            for tag in str(push["image_tags"] or "").split():
                self._tag(push, tag)

    def _image(self, push: dict[str, Any]) -> None:
        digest, repository = str(push["image_digest"] or ""), str(push["repository"])
        if not digest:
            return
        who = display_name(push["origin"] or push["principal"])
        why = f"{who} pushed it to {repository}"
        manifest = _command(
            "ecr batch-get-image", *_place(push), ("--image-ids", "imageDigest", digest)
        )
        self._add(
            Suggestion(
                IMAGE,
                f"{digest} of {repository}",
                f"{why}; it is evidence",
                [f"{manifest} > manifest.json"] if manifest else [],
                "copy the image out of the registry before it, or a lifecycle policy, removes it",
            ),
            [_behind(push)],
        )
        ran = self._ask(
            "SELECT d.event_key, e.event_id, d.event_time, d.event_name, d.platform, d.deployed"
            " FROM deployments AS d JOIN events AS e ON e.event_key = d.event_key"
            " WHERE d.outcome = 'ok' AND (d.push_key = $key OR d.resolved_digest = $digest"
            " OR d.image_digest = $digest) ORDER BY d.event_time NULLS LAST, d.event_key LIMIT 20",
            key=push["event_key"],
            digest=digest,
        )
        names = dict.fromkeys(f"{row['platform']} {row['deployed']}" for row in ran)
        known = f"; known to have been deployed: {', '.join(names)}" if names else ""
        commands = []
        if _FORMS["digest"].fullmatch(digest):
            quoted = shlex.quote(digest)
            commands = [
                f"kubectl get pods -A -o json | grep -F {quoted}",
                f"docker images --digests --no-trunc | grep -F {quoted}",
            ]
        self._add(
            Suggestion(HUNT, digest, f"{why}{known}", commands),
            [_behind(push), *map(_behind, ran)],
        )

    def _tag(self, push: dict[str, Any], tag: str) -> None:
        """Give a tag back to the image that it named before, unless that was done already."""
        before, repository = str(push["previous_digest"] or ""), str(push["repository"])
        if not before or before == push["image_digest"]:
            return
        spans = self._ask(
            "SELECT until, ended_how FROM tag_spans WHERE push_key = $key AND tag = $tag",
            key=push["event_key"],
            tag=tag,
        )
        if spans and spans[0]["until"] is not None:
            return  # it names something else by now
        deleted = self._ask(
            "SELECT event_key, event_time FROM registry_events WHERE repository = $repository"
            " AND event_name = 'BatchDeleteImage' AND outcome = 'ok' AND (image_digest = $digest"
            " OR event_key IN (SELECT m.event_key FROM more_images AS m"
            " WHERE m.image_digest = $digest)) ORDER BY event_time NULLS LAST LIMIT 1",
            repository=repository,
            digest=before,
        )
        get = _command(
            "ecr batch-get-image",
            *_place(push),
            ("--image-ids", "imageDigest", before),
            ("--query", "", "images[0].imageManifest"),
            ("--output", "", "text"),
        )
        put = _command(
            "ecr put-image",
            *_place(push),
            ("--image-tag", "tag", tag),
            ("--image-digest", "digest", before),
        )
        commands = [f'MANIFEST="$({get})"', f'{put} --image-manifest "$MANIFEST"']
        caution = "check that the former image is the one you trust; an immutable tag must go first"
        if deleted:
            caution = (
                f"the former image was deleted at {deleted[0]['event_time']:%Y-%m-%d %H:%M:%S} UTC:"
                " get it from a replica, a node that still has it, or build it anew"
            )
            commands = []
        who = display_name(push["origin"] or push["principal"])
        self._add(
            Suggestion(
                TAG,
                f"{tag} of {repository} to {before}",
                f"{who} moved it from there to {push['image_digest']}",
                commands if get and put else [],
                caution,
            ),
            [_behind(push)],
        )


def deny_older_sessions(moment: datetime) -> str:
    """The policy that the console's "Revoke active sessions" attaches, as JSON."""
    statement = {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _place(push: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        ("--region", "region", str(push["aws_region"] or "")),
        ("--registry-id", "account", str(push["registry_id"] or "")),
        ("--repository-name", "repository", str(push["repository_name"] or "")),
    ]


def _command(call: str, *options: tuple[str, str, str]) -> str:
    """`aws CALL --option value …`, or nothing when a value is not what AWS would have written.

    An option is its name, the form its value must have ("" for a value of ours), and the value.
    """
    words = [f"aws {call}"]
    for name, form, value in options:
        if form == "imageDigest":
            if not _FORMS["digest"].fullmatch(value):
                return ""
            value = f"imageDigest={value}"
        elif form and not _FORMS[form].fullmatch(value):
            return ""
        # A value that begins with a dash would be taken for an option.
        joint = "=" if value.startswith("-") else " "
        words.append(f"{name}{joint}{shlex.quote(value)}")
    return " ".join(words)


def _written(command: str) -> list[str]:
    return [command] if command else []
