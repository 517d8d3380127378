"""Which push an image reference means: by its digest, or by the digest its tag named then."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import duckdb

from queries.index.pushes import CHANGED_IMAGES
from queries.references import DOCKER_HUB, ECR_PUBLIC, OTHER, Reference

BY_DIGEST = "digest"
"""The digest is named, or told by the platform, and was pushed to this repository; or it is named
and no push of it is in the evidence."""
DIGEST_ELSEWHERE = "digest elsewhere"
"""The digest is named and was pushed, but to another repository: the same image all the same."""
BY_TAG = "tag"
"""The tag named this digest at that moment."""
TAG_UNRESOLVED = "tag unresolved"
"""The evidence does not say which digest the tag named at that moment."""
POSSIBLE = "possible"
"""The image is only mentioned, or the reference leaves its registry open."""
OTHER_REGISTRY = "other registry"
NOT_RECORDED = "not recorded"


@dataclass(slots=True)
class Match:
    """How a reference was matched; `push_key` is the push that brought the image, where known."""

    matched: str = NOT_RECORDED
    digest: str = ""
    push_key: int | None = None
    repository: str = ""
    registry_id: str = ""
    upstream: str = ""


@dataclass(slots=True)
class _Span:
    since: datetime
    until: datetime | None
    digest: str
    push_key: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What registries were told about where images come from."""

    copying: list[_Copying]
    upstream: dict[tuple[str, str], dict[str, str]]
    """(account, region) -> prefix -> registry behind a pull-through cache."""

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> Self:
        return cls(_replication_rules(connection), _cache_rules(connection))


class Matcher:
    """The pushes and tags that some references could mean, loaded at once."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        references: Sequence[Reference],
        told: Iterable[str],
        rules: Rules,
    ) -> None:
        keys = {reference.key for reference in references if reference.key}
        tags = {reference.tag for reference in references if reference.tag}
        self._rules = rules
        open_names = {
            reference.repository for reference in references if rules.copying or not reference.key
        }
        digests = {reference.digest for reference in references if reference.digest} | set(told)
        self._tags: dict[tuple[str, str], list[_Span]] = defaultdict(list)
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._pushed: dict[str, list[tuple[str, datetime | None, int]]] = defaultdict(list)
        if tags:
            self._load_tags(connection, keys, open_names, tags)
        if digests:
            self._load_pushes(connection, digests)

    def match(
        self,
        reference: Reference | None,
        time: datetime | None,
        *,
        told: str = "",
        certain: bool = True,
    ) -> Match:
        """Match one reference used at a time. `told` is a digest the platform answered with;
        without `certain` the call only mentions the image."""
        if reference is None:
            return self._told(told)
        if reference.registry in (DOCKER_HUB, OTHER):
            return Match(OTHER_REGISTRY, reference.digest)
        if not reference.key:
            return self._open(reference, time)
        found = self._keyed(reference, time, told)
        found.upstream = self._upstream(reference)
        if not certain:
            found.matched = POSSIBLE if found.push_key is not None else TAG_UNRESOLVED
            if reference.digest and found.push_key is None:
                found.matched = POSSIBLE
        return found

    def _told(self, told: str) -> Match:
        pushes = self._pushed.get(told, [])
        if not pushes:
            return Match()
        repository, _, push_key = pushes[0]
        return Match(BY_DIGEST, told, push_key, repository, repository.split("/")[0])

    def _keyed(self, reference: Reference, time: datetime | None, told: str) -> Match:
        digest = reference.digest
        if not digest and told and any(r == reference.key for r, _, _ in self._pushed[told]):
            digest = told
        if digest:
            return self._digest(reference.key, digest, time)
        span = self._span(reference.key, reference.tag, time)
        if span is not None:
            return Match(BY_TAG, span.digest, span.push_key)
        return self._copy(reference, time)

    def _copy(self, reference: Reference, time: datetime | None) -> Match:
        """The image of a repository that replication fills: what the tag named at its source.
        Copies leave no record of their own that is known, so it is only possible."""
        for rule in self._rules.copying:
            if rule.fills(reference):
                source = f"{rule.account}/{rule.region}/{reference.repository}"
                span = self._span(source, reference.tag, time)
                if span is not None:
                    return Match(POSSIBLE, span.digest, span.push_key)
        return Match(TAG_UNRESOLVED)

    def _digest(self, repository: str, digest: str, time: datetime | None) -> Match:
        """The newest push of the digest that was there already, else the first that came."""
        own = [(at, key) for name, at, key in self._pushed[digest] if name == repository]
        if own:
            before = [key for at, key in own if at is None or time is None or at <= time]
            return Match(BY_DIGEST, digest, before[0] if before else own[0][1])
        if self._pushed[digest]:
            return Match(DIGEST_ELSEWHERE, digest, self._pushed[digest][0][2])
        return Match(BY_DIGEST, digest)

    def _span(self, repository: str, tag: str, time: datetime | None) -> _Span | None:
        if time is None:
            return None
        for span in reversed(self._tags.get((repository, tag), [])):
            if span.since <= time:
                return span if span.until is None or time <= span.until else None
        return None

    def _open(self, reference: Reference, time: datetime | None) -> Match:
        """A reference that leaves its account open (a public alias, a template's parameter): the
        repositories of that name, if there is just one that it could be."""
        public = reference.registry == ECR_PUBLIC
        nothing = OTHER_REGISTRY if public else TAG_UNRESOLVED
        if reference.digest and self._pushed[reference.digest]:
            repository, _, push_key = self._pushed[reference.digest][0]
            return Match(POSSIBLE, reference.digest, push_key, repository)
        names = self._by_name.get(reference.repository, set())
        names = {name for name in names if ("/public/" in name) == public}
        spans = [(name, self._span(name, reference.tag, time)) for name in sorted(names)]
        found = [(name, span) for name, span in spans if span is not None]
        if len(found) != 1:
            return Match(nothing, reference.digest)
        name, span = found[0]
        return Match(POSSIBLE, span.digest, span.push_key, name, name.split("/")[0])

    def _upstream(self, reference: Reference) -> str:
        """Where a pull-through cache takes a repository from: the rule with the longest prefix."""
        rules = self._rules.upstream.get((reference.account, reference.region), {})
        fitting = [
            prefix for prefix in rules if f"{reference.repository}/".startswith(f"{prefix}/")
        ]
        if not fitting:
            return ""
        prefix = max(fitting, key=len)
        return f"{rules[prefix]}/{reference.repository.removeprefix(prefix).lstrip('/')}"

    def _load_tags(
        self,
        connection: duckdb.DuckDBPyConnection,
        keys: set[str],
        open_names: set[str],
        tags: set[str],
    ) -> None:
        rows: list[tuple[Any, ...]] = connection.execute(
            """
            SELECT repository, tag, since, until, image_digest, push_key FROM tag_spans
            WHERE since IS NOT NULL AND image_digest IS NOT NULL
              AND tag IN (SELECT unnest($tags::VARCHAR[]))
              AND (repository IN (SELECT unnest($keys::VARCHAR[]))
                OR regexp_replace(repository, '^[^/]*/[^/]*/', '')
                  IN (SELECT unnest($names::VARCHAR[])))
            ORDER BY since, push_key
            """,
            {"keys": sorted(keys), "names": sorted(open_names), "tags": sorted(tags)},
        ).fetchall()
        for repository, tag, since, until, digest, push_key in rows:
            self._tags[repository, tag].append(_Span(since, until, digest, push_key))
            name = repository.split("/", 2)[-1]
            self._by_name[name].add(repository)

    def _load_pushes(self, connection: duckdb.DuckDBPyConnection, digests: set[str]) -> None:
        rows: list[tuple[Any, ...]] = connection.execute(
            """
            SELECT p.repository, r.image_digest, p.event_time, p.push_key
            FROM push_records AS r JOIN pushes AS p ON p.push_key = r.push_key
            WHERE p.outcome = 'ok' AND r.part IN ('image', 'index', 'platform')
              AND r.image_digest IN (SELECT unnest($digests::VARCHAR[]))
            ORDER BY p.event_time NULLS LAST, p.push_key
            """,
            {"digests": sorted(digests)},
        ).fetchall()
        for repository, digest, time, push_key in rows:
            self._pushed[digest].append((repository, time, push_key))


@dataclass(frozen=True, slots=True)
class _Copying:
    """A rule that copies repositories from one registry to another, set up in this evidence."""

    account: str
    region: str
    to_account: str
    to_region: str
    prefixes: tuple[str, ...]

    def fills(self, reference: Reference) -> bool:
        if (reference.account, reference.region) != (self.to_account, self.to_region):
            return False
        return not self.prefixes or reference.repository.startswith(self.prefixes)


def _replication_rules(connection: duckdb.DuckDBPyConnection) -> list[_Copying]:
    """Where registries were told to copy their images to.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutReplicationConfiguration.html
    """
    rows = connection.execute(
        """
        SELECT coalesce(registry_id, recipient_account_id), aws_region, request_parameters
        FROM events
        WHERE event_source = 'ecr.amazonaws.com' AND event_name = 'PutReplicationConfiguration'
          AND outcome = 'ok' AND request_parameters LIKE '{%'
        ORDER BY event_time DESC NULLS LAST, event_key DESC
        """
    ).fetchall()
    found: list[_Copying] = []
    for account, region, text in rows:
        try:
            asked = json.loads(text)
        except (ValueError, RecursionError):
            continue
        rule = "replicationConfiguration.rules"
        for each in _dicts(asked, rule):
            prefixes = tuple(
                str(entry["filter"])
                for entry in _dicts(each, "repositoryFilters")
                if isinstance(entry.get("filter"), str)
            )
            for to in _dicts(each, "destinations"):
                there = str(to.get("registryId") or account), str(to.get("region") or region)
                found.append(_Copying(account or "", region or "", *there, prefixes))
    return found


IS_RULE = """(event_source = 'ecr.amazonaws.com'
  AND event_name IN ('PutReplicationConfiguration', 'CreatePullThroughCacheRule'))"""
"""Calls that decide how any reference is matched."""
CHANGES_MATCHES = f"""
SELECT 'tag ' || regexp_replace(repository, '^[^/]*/[^/]*/', '') || ':' || tag
FROM changed_tag_spans
UNION ALL
SELECT 'digest ' || image_digest FROM ({CHANGED_IMAGES})"""  # noqa: S608 - a constant
"""What references that may be matched otherwise name, when an index grows."""


def _dicts(value: Any, path: str) -> list[dict[str, Any]]:
    """The objects in a list somewhere below a value; nothing where it has another shape."""
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _cache_rules(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str], dict[str, str]]:
    """(account, region) -> prefix -> upstream registry, of the rules made in this evidence."""
    rows = connection.execute(
        """
        SELECT coalesce(registry_id, recipient_account_id), aws_region,
          try(json_extract_string(request_parameters, '$.ecrRepositoryPrefix')),
          try(json_extract_string(request_parameters, '$.upstreamRegistryUrl'))
        FROM events
        WHERE event_source = 'ecr.amazonaws.com' AND event_name = 'CreatePullThroughCacheRule'
          AND outcome = 'ok' AND request_parameters LIKE '{%'
        """
    ).fetchall()
    rules: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for account, region, prefix, upstream in rows:
        if account and region and prefix and upstream:
            rules[account, region][prefix] = upstream
    return rules
