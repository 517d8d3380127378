"""Make the plan: whom and what the suspected events lead to, and what could be done about it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from queries.containment import aws, elsewhere
from queries.containment.model import HUNT, IMAGE, KINDS, TAG, Behind, Plan, Suggestion
from queries.containment.shell import fits
from queries.naming import display_name

if TYPE_CHECKING:
    from queries.case import Case
    from queries.findings.found import Found
    from queries.progress import CancelToken

_DELETIONS = ("BatchDeleteImage", "Delete", "Docker-DeleteManifest")
"""Calls that remove an image, as the providers name them; Google's API has a longer name."""


def plan(
    case: Case, found: Found | None, moment: datetime, cancel: CancelToken | None = None
) -> Plan:
    """Suggestions about what is marked, or, where nothing is, about the findings that are critical
    or high. `moment` (UTC) is before which sessions are to end."""
    keys, basis = _suspects(case, found)
    if not keys:
        return Plan(basis, [])
    made = _Maker(case, moment, cancel)
    events = made.events(keys)
    for event in events:
        made.credentials(event)
    made.created([event["access_key_id"] for event in events if event["access_key_id"]])
    made.images(keys)
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

    def _add(self, suggestion: Suggestion | None, records: Sequence[Behind]) -> None:
        """Each thing once, with all the records that speak for it."""
        if suggestion is None:
            return
        for known in self.suggestions:
            if (known.kind, known.what) == (suggestion.kind, suggestion.what):
                known.behind += [r for r in records if r not in known.behind]
                return
        suggestion.behind = list(dict.fromkeys(records))
        self.suggestions.append(suggestion)

    def events(self, keys: Sequence[int]) -> list[dict[str, Any]]:
        """The suspected events, in the order of time."""
        return self._ask(
            "SELECT e.event_key, e.event_id, e.event_time, e.event_name, e.access_key_id,"
            " e.principal, e.identity_type, e.provider, g.registry_id, s.origin"
            " FROM events AS e LEFT JOIN registry_events AS g ON g.event_key = e.event_key"
            " LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id"
            " WHERE e.event_key IN (SELECT unnest($keys::BIGINT[]))"
            " ORDER BY e.event_time NULLS LAST, e.event_key",
            keys=list(keys),
        )

    # ---- credentials -----------------------------------------------------------------------

    def credentials(self, event: dict[str, Any]) -> None:
        """Who acted, where that came from and what was minted from it."""
        record = _behind(event)
        if (provider := event["provider"]) not in (None, "aws"):
            names = {event["principal"]: "it acted", event["origin"]: "who acted came from it"}
            for name, how in names.items():
                if name:
                    kind = event["identity_type"] if name == event["principal"] else ""
                    registry = str(event["registry_id"] or "")
                    said = elsewhere.principal(provider, str(kind), str(name), registry, how)
                    self._add(said, [record])
        elif event["access_key_id"]:
            for key, how in self._family(event["access_key_id"]).items():
                for actor in self._actors(key):
                    self._add(aws.credential(actor, how, self._moment), [record])

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
            " max(identity_arn) AS identity_arn, max(issuer_arn) AS issuer_arn, principal,"
            " max(user_name) AS user_name"
            " FROM actors WHERE access_key_id = $key"
            " GROUP BY access_key_id, principal ORDER BY principal",
            key=key,
        )

    def created(self, keys: list[str]) -> None:
        """Keys, users, roles and passwords that the sessions made."""
        rows = self._ask(
            "SELECT c.event_key, e.event_id, c.event_time, c.event_name, c.kind, c.name, c.arn,"
            " c.created_key, c.principal FROM created AS c"
            " JOIN events AS e ON e.event_key = c.event_key"
            " WHERE c.outcome = 'ok' AND (c.access_key_id IN (SELECT unnest($keys::VARCHAR[]))"
            " OR c.access_key_id IN (SELECT a.access_key_id FROM session_ancestors AS a"
            " WHERE a.ancestor IN (SELECT unnest($keys::VARCHAR[]))))"
            " AND coalesce(e.provider, 'aws') = 'aws'"
            " AND c.kind IN ('access key', 'user', 'role', 'console password')"
            " ORDER BY c.event_time NULLS LAST, c.event_key",
            keys=keys,
        )
        for row in rows:
            self._add(aws.undo(row), [_behind(row)])

    # ---- images ----------------------------------------------------------------------------

    def images(self, keys: Sequence[int]) -> None:
        """What was pushed, where it ran, and the tags that it took."""
        pushes = self._ask(
            "SELECT p.push_key AS event_key, e.event_id, p.event_time, e.event_name, e.provider,"
            " p.repository, p.registry_id, p.aws_region, p.repository_name, p.image_tags,"
            " p.image_digest, p.previous_digest, p.principal, p.origin FROM pushes AS p"
            " JOIN events AS e ON e.event_key = p.push_key WHERE p.outcome = 'ok'"
            " AND p.push_key IN (SELECT unnest($keys::BIGINT[]))"
            " ORDER BY p.event_time NULLS LAST, p.push_key",
            keys=list(keys),
        )
        for push in pushes:
            if push["image_digest"]:
                self._image(push)
            for tag in str(push["image_tags"] or "").split():
                self._tag(push, tag)

    def _image(self, push: dict[str, Any]) -> None:
        digest, repository = str(push["image_digest"]), str(push["repository"])
        why = f"{display_name(push['origin'] or push['principal'])} pushed it to {repository}"
        provider = push["provider"] or "aws"
        lines = aws.keep_image(push) if provider == "aws" else elsewhere.keep_image(provider, push)
        caution = "copy the image out of the registry before it, or a lifecycle policy, removes it"
        what = f"{digest} of {repository}"
        self._add(
            Suggestion(IMAGE, what, f"{why}; it is evidence", lines, caution), [_behind(push)]
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
        hunt = []
        if fits("digest", digest):
            quoted = shlex.quote(digest)
            hunt = [
                f"kubectl get pods -A -o json | grep -F {quoted}",
                f"docker images --digests --no-trunc | grep -F {quoted}",
            ]
        records = [_behind(push), *map(_behind, ran)]
        self._add(Suggestion(HUNT, digest, f"{why}{known}", hunt), records)

    def _tag(self, push: dict[str, Any], tag: str) -> None:
        """Give a tag back to the image that it named before, unless that was done already."""
        before, repository = str(push["previous_digest"] or ""), str(push["repository"])
        if not before or before == push["image_digest"]:
            return
        spans = self._ask(
            "SELECT until FROM tag_spans WHERE push_key = $key AND tag = $tag",
            key=push["event_key"],
            tag=tag,
        )
        if spans and spans[0]["until"] is not None:
            return  # it names something else by now
        provider = push["provider"] or "aws"
        if provider == "aws":
            lines = aws.give_back(push, tag, before)
        else:
            lines = elsewhere.give_back(provider, push, tag, before)
        caution = "check that the former image is the one you trust; an immutable tag must go first"
        if deleted := self._deleted(repository, before):
            lines = []
            caution = (
                f"the former image was deleted at {deleted:%Y-%m-%d %H:%M:%S} UTC:"
                " get it from a replica, a node that still has it, or build it anew"
            )
        who = display_name(push["origin"] or push["principal"])
        why = f"{who} moved it from there to {push['image_digest']}"
        what = f"{tag} of {repository} to {before}"
        self._add(Suggestion(TAG, what, why, lines, caution), [_behind(push)])

    def _deleted(self, repository: str, digest: str) -> datetime | None:
        rows = self._ask(
            "SELECT min(event_time) AS at FROM registry_events WHERE repository = $repository"
            " AND (event_name IN (SELECT unnest($names::VARCHAR[]))"
            " OR event_name LIKE '%.DeleteVersion') AND outcome = 'ok' AND (image_digest = $digest"
            " OR event_key IN (SELECT m.event_key FROM more_images AS m"
            " WHERE m.image_digest = $digest))",
            repository=repository,
            names=list(_DELETIONS),
            digest=digest,
        )
        found: datetime | None = rows[0]["at"]
        return found
