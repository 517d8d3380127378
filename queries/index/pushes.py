"""Build `pushes` and its parts from the registry events of the evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import duckdb

from queries.index.around_pushes import add_creations, add_origins, add_triggers
from queries.index.derivation import Derivation, Rows
from queries.index.grouping import Group, ImageEvent, Part, group_pushes
from queries.index.history import Deletion, Effect, RepositoryHistory, read_deletion
from queries.index.logins import add_logins
from queries.index.members import parsed_object
from queries.index.pusher import PULL_THROUGH, REPLICATION, actor, is_cross_account, via
from queries.index.rows import insert_rows, rows_of
from queries.index.unfinished import (
    INCOMPLETE,
    LAYERS_ONLY,
    PLATFORMS_ONLY,
    add_layers_only,
    is_unfinished,
)
from queries.manifest import INDEX, UNKNOWN, Manifest, parse_manifest

UNKNOWN_REPOSITORY = "(repository unknown)"

_PUTS = ("push", "tag")
"""A tag that is put on an image without a manifest is a push that brings nothing new."""
_OF_REPOSITORY = """registry_action IN (
  'push', 'tag', 'delete', 'untag', 'expire', 'delete repository')"""
_EVENTS = f"""
SELECT event_key, file_id, position, event_time, event_name,
  coalesce(repository, '{UNKNOWN_REPOSITORY}') AS repository, registry_id, aws_region,
  repository_name, image_tag, image_digest, principal,
  access_key_id, account_id, identity_type, issuer_arn, invoked_by, source_ip_address, user_agent,
  outcome, error_code, error_message, image_manifest, request_parameters, response_elements,
  service_event_details, event_type, provider, registry_action, pushed_via, made_by
FROM events
WHERE {_OF_REPOSITORY}
  AND merged_into IS NULL AND coalesce(event_category, '') <> 'Insight'
"""  # noqa: S608 - constants of this module


_AT_ONCE = 5_000
"""Pushes that are kept in memory, and those of one repository more."""


@dataclass(slots=True)
class _Tables:
    """Rows that are still to be written."""

    pushes: list[tuple[Any, ...]] = field(default_factory=list)
    records: list[tuple[Any, ...]] = field(default_factory=list)
    layers: list[tuple[Any, ...]] = field(default_factory=list)
    tags: list[tuple[Any, ...]] = field(default_factory=list)
    manifests: list[tuple[Any, ...]] = field(default_factory=list)
    counts: list[tuple[str, int, int, int, int]] = field(default_factory=list)

    def write(self, connection: duckdb.DuckDBPyConnection) -> None:
        insert_rows(connection, "pushes", self.pushes)
        insert_rows(connection, "push_records", self.records)
        insert_rows(connection, "push_layers", self.layers)
        insert_rows(connection, "tag_spans", self.tags)
        insert_rows(connection, "push_manifests", self.manifests)
        insert_rows(connection, "repository_counts", self.counts)


def build_pushes(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `pushes` and the tables of their parts, tags and deletions, but for pushes of which
    there are layers only."""
    emptied = _emptied_registries(connection)
    rows = rows_of(connection, _EVENTS, "repository, event_time NULLS LAST, event_key")
    tables = _Tables()
    for _, events in groupby(rows, key=lambda row: row["repository"]):
        _repository([*events], emptied, tables)
        if len(tables.pushes) >= _AT_ONCE:
            tables.write(connection)
            tables = _Tables()
    tables.write(connection)
    _add_what_is_around(connection, f"effect <> '{LAYERS_ONLY}'")
    add_triggers(connection)


def build_layers_only(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the pushes of which there are layers only to `pushes`."""
    add_layers_only(connection)
    _add_what_is_around(connection, f"effect = '{LAYERS_ONLY}'")


def _add_what_is_around(connection: duckdb.DuckDBPyConnection, which: str) -> None:
    """What other events and the sessions say of some pushes; `which` is a condition."""
    add_creations(connection, which)
    add_logins(connection, which)
    add_origins(connection, which)


def _emptied_registries(
    connection: duckdb.DuckDBPyConnection,
) -> list[tuple[str, int, datetime | None]]:
    """(beginning of the keys, event, time) of calls that deleted many repositories at once."""
    return [
        (f"{key}/", event_key, time)
        for key, event_key, time in connection.execute(
            "SELECT repository, event_key, event_time FROM events WHERE merged_into IS NULL"
            " AND registry_action = 'delete registry' AND outcome = 'ok' AND repository IS NOT NULL"
            " ORDER BY event_time NULLS LAST, event_key"
        ).fetchall()
    ]


def _repository(
    rows: list[dict[str, Any]],
    emptied: list[tuple[str, int, datetime | None]],
    tables: _Tables,
) -> None:
    puts = [_image_event(row) for row in rows if row["registry_action"] in _PUTS]
    deletions = [
        read_deletion(row)
        for row in rows
        if row["registry_action"] not in _PUTS and row["outcome"] == "ok"
    ]
    deletions += [
        Deletion(event_key, time, whole_repository=True)
        for beginning, event_key, time in emptied
        if rows[0]["repository"].startswith(beginning)
    ]
    deleted = by_policy = deletes_failed = 0
    for deletion in deletions:
        if deletion.by_policy:
            by_policy += deletion.images
        else:
            deleted += deletion.images
            deletes_failed += deletion.failed
    groups = group_pushes([event for event in puts if not event.failed])
    failed = [event for event in puts if event.failed]
    history = RepositoryHistory()
    steps: list[Group | Deletion] = [*groups, *deletions]
    steps.sort(key=_step_time)
    for step in steps:
        if isinstance(step, Deletion):
            history.delete(step)
        elif is_unfinished(step, failed):
            _push(step, Effect(PLATFORMS_ONLY, lifetime=history.lifetime), tables, INCOMPLETE)
        else:
            _push(step, history.push(step), tables)
    for event in failed:
        _push(Group(event), Effect("attempt", lifetime=history.lifetime), tables)
    tables.tags += [
        (
            span.group.root.repository,
            span.tag,
            span.group.named_by(span.tag).digest,
            span.group.root.event_key,
            span.group.root.time,
            span.until,
            span.ended_by,
            span.ended_how,
        )
        for span in history.spans
    ]
    lifetimes = history.lifetime if puts else 0
    tables.counts.append((rows[0]["repository"], deleted, deletes_failed, by_policy, lifetimes))


def _step_time(step: Group | Deletion) -> tuple[datetime, int, int]:
    """Time order; within one second a deletion comes by its place in the file."""
    if isinstance(step, Deletion):
        return step.time or datetime.max, 1, step.event_key
    # A whole push counts as done when its last record is in.
    times = [event.time for event in (step.root, *(p.event for p in step.parts)) if event.time]
    own = step.root.time or (max(times) if times else datetime.max)
    return own, 0, step.root.event_key


def _image_event(row: dict[str, Any]) -> ImageEvent:
    return ImageEvent(
        event_key=row["event_key"],
        time=row["event_time"],
        repository=row["repository"],
        tag=row["image_tag"] or None,
        digest=row["image_digest"],
        principal=row["principal"],
        access_key_id=row["access_key_id"],
        manifest=parse_manifest(row["image_manifest"]),
        failed=row["outcome"] != "ok",
        service=actor(row),
        row=row,
    )


def _push(group: Group, effect: Effect, tables: _Tables, outcome: str | None = None) -> None:
    root, row = group.root, group.root.row
    manifest = root.manifest
    children = [part for part in group.parts if part.role == "platform"]
    platforms = [c.platform for c in manifest.children if c.platform and not c.attestation]
    previous = effect.previous
    layers = manifest.layers
    size = manifest.size
    if manifest.children:
        layers = [layer for part in children for layer in part.event.manifest.layers]
        sizes = [part.event.manifest.size for part in children]
        known = [value for value in sizes if value is not None]
        size = sum(known) if known and len(known) == len(platforms or known) else None
    tables.pushes.append(
        (
            root.event_key,
            root.event_key,
            row["file_id"],
            row["position"],
            root.time,
            root.repository,
            row["registry_id"],
            row["aws_region"],
            row["repository_name"],
            " ".join(group.tags),
            root.digest,
            root.principal,
            root.access_key_id,
            None,
            row["account_id"],
            row["source_ip_address"],
            row["user_agent"],
            via(row, root.service),
            outcome or row["outcome"],
            row["error_code"],
            row["error_message"],
            _kind(row, manifest),
            effect.what,
            root.service,
            is_cross_account(row),
            manifest.media_type,
            size,
            len({layer.digest for layer in layers}) if manifest.kind != "unknown" else None,
            ", ".join(platforms),
            sum(1 for child in manifest.children if child.attestation),
            sum(1 for part in group.parts if part.attached),
            1 + len(group.parts),
            previous.root.digest if previous else None,
            previous.root.event_key if previous else None,
            previous.root.principal if previous else None,
            previous.root.time if previous else None,
            effect.lifetime,
            effect.order_unprovable,
            *[None] * 6,
            False,
            None,
            0,
            None,
            group.named_by(group.tags[0]).digest if group.tags else None,
        )
    )
    tables.manifests += _manifests(group)
    own = "index" if manifest.kind == INDEX else "image"
    for part in (Part(root, own), *group.parts):
        event = part.event
        tables.records.append((root.event_key, event.event_key, part.role, event.digest))
        digest = _manifest_digest(event)
        for number, layer in enumerate(event.manifest.layers, 1):
            tables.layers.append(
                (root.event_key, digest, number, layer.digest, layer.size, layer.media_type)
            )


def _kind(row: dict[str, Any], manifest: Manifest) -> str:
    """What was pushed, by its manifest; without one what the provider said of it."""
    if manifest.kind != UNKNOWN or row["provider"] == "aws":
        return manifest.kind
    said = parsed_object(row["service_event_details"]).get("artifact")
    return said if isinstance(said, str) and said else UNKNOWN


def _manifest_digest(event: ImageEvent) -> str | None:
    """The digest of a manifest. A refused push is given none, but its manifest has one all the
    same: the hash of its text."""
    text = event.row.get("image_manifest")
    if event.digest or not event.manifest.layers or not isinstance(text, str):
        return event.digest
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"


def _manifests(group: Group) -> Iterator[tuple[Any, ...]]:
    """The image manifests of a push: its own, or those of an index, one for each platform. Of a
    platform whose manifest is not among the records only the digest is known."""
    root = group.root
    named = {part.event.digest: part.event.manifest for part in group.parts}
    if root.manifest.kind != INDEX:
        images = [(_manifest_digest(root), "", root.manifest)]
    else:
        images = [
            (child.digest, child.platform, named.get(child.digest, Manifest()))
            for child in root.manifest.children
            if not child.attestation
        ]
    for digest, platform, manifest in images:
        yield (
            root.event_key,
            digest,
            platform,
            manifest.media_type or None,
            manifest.config_digest or None,
            manifest.config_size,
            len(manifest.layers),
            manifest.size,
            bool(manifest.layers),
        )


CHANGED_IMAGES = """
SELECT image_digest FROM changed_push_records
UNION ALL
SELECT image_digest FROM push_records WHERE push_key IN (
  SELECT push_key FROM changed_pushes GROUP BY push_key
  HAVING count(DISTINCT outcome) > 1 OR count(DISTINCT repository) > 1)"""
"""Digests that are now in other pushes, when an index grows."""

_KNOWN = "SELECT key FROM keys UNION ALL SELECT key FROM context"
_KEY = f"coalesce(repository, '{UNKNOWN_REPOSITORY}')"
_LOGGED_IN = """pushes AS p JOIN touched AS t ON t.registry_action = 'login'
  AND t.principal = p.principal
  AND p.event_time BETWEEN t.event_time AND t.event_time + INTERVAL 12 HOUR"""
_COLUMNS = """event_key, file_id, position, event_time, event_name, event_source, repository,
  registry_id, aws_region, repository_name, image_tag, image_digest, principal, access_key_id,
  account_id, identity_type, issuer_arn, invoked_by, source_ip_address, user_agent, outcome,
  error_code, error_message, image_manifest, request_parameters, response_elements,
  service_event_details, event_type, event_category, provider, registry_action, pushed_via,
  made_by, session_created, merged_into"""
_OF_REPOSITORIES = f"repository IN (SELECT key FROM keys) AND effect <> '{LAYERS_ONLY}'"  # noqa: S608
_OF_PUSHES = f"push_key IN (SELECT push_key FROM pushes WHERE {_OF_REPOSITORIES})"  # noqa: S608

PUSHES = Derivation(
    rows=(
        Rows("push_records", "push_key", _OF_PUSHES),
        Rows("push_layers", "push_key", _OF_PUSHES),
        Rows("push_manifests", "push_key", _OF_PUSHES),
        Rows("tag_spans", "repository"),
        Rows("repository_counts", "repository"),
        Rows("pushes", "push_key", _OF_REPOSITORIES),
    ),
    build=build_pushes,
    keys=(
        f"SELECT {_KEY} FROM touched WHERE {_OF_REPOSITORY}"  # noqa: S608
        " OR registry_action = 'create repository'",
        """SELECT c.repository FROM repository_counts AS c JOIN touched AS t
          ON t.registry_action = 'delete registry'
          AND starts_with(c.repository, t.repository || '/')""",
        f"SELECT p.repository FROM {_LOGGED_IN}",  # noqa: S608
        """SELECT repository FROM pushes
        WHERE access_key_id IN (SELECT access_key_id FROM changed_sessions)""",
        f"""SELECT repository FROM pushes WHERE made_by = '{PULL_THROUGH}' AND repository IN (
          SELECT repository FROM touched
          WHERE registry_action = 'pull' OR event_name = 'BatchImportUpstreamImage')""",  # noqa: S608
    ),
    # Copies of what was pushed there: who pushed it is who caused them.
    spread=f"""SELECT repository FROM pushes WHERE made_by = '{REPLICATION}' AND image_digest IN (
      SELECT image_digest FROM events WHERE {_OF_REPOSITORY} AND {_KEY} IN (SELECT key FROM keys)
      UNION ALL SELECT image_digest FROM touched WHERE sign < 0 AND {_OF_REPOSITORY})""",  # noqa: S608
    context=(
        f"""SELECT {_KEY} FROM events WHERE {_OF_REPOSITORY} AND image_digest IN (
          SELECT image_digest FROM events WHERE {_OF_REPOSITORY}
            AND {_KEY} IN (SELECT key FROM keys) AND (made_by = '{REPLICATION}'
              OR concat_ws(' ', principal, invoked_by, issuer_arn) ILIKE '%replication%'))""",  # noqa: S608
    ),
    events=f"""{_KEY} IN ({_KNOWN}) AND ({_OF_REPOSITORY} OR registry_action = 'create repository'
        OR (registry_action = 'pull' OR event_name = 'BatchImportUpstreamImage')
          AND repository IN (SELECT repository FROM events WHERE registry_action = 'push' AND (
            made_by = '{PULL_THROUGH}'
            OR concat_ws(' ', principal, invoked_by, issuer_arn) ILIKE '%pullthroughcache%')))
      OR registry_action = 'delete registry'
      OR registry_action = 'login' AND principal IN (SELECT principal FROM events
        WHERE {_OF_REPOSITORY} AND {_KEY} IN ({_KNOWN}))""",  # noqa: S608
    columns=_COLUMNS,
    stage="grouping pushes",
)
"""By repository: what a push did follows from all that happened there before."""

_ACTOR = "repository || ' ' || coalesce(access_key_id, principal, '')"
UNFINISHED = Derivation(
    rows=(
        Rows(
            "pushes",
            "push_key",
            f"effect = '{LAYERS_ONLY}' AND {_ACTOR} IN (SELECT key FROM keys)",  # noqa: S608
        ),
    ),
    build=build_layers_only,
    keys=(
        f"SELECT {_ACTOR} FROM touched WHERE registry_action IN ('upload', 'push')",  # noqa: S608
        f"""SELECT {_ACTOR} FROM pushes WHERE effect = '{LAYERS_ONLY}' AND (
          access_key_id IN (SELECT access_key_id FROM changed_sessions)
          OR repository IN (SELECT repository FROM touched
            WHERE registry_action = 'create repository')
          OR push_key IN (SELECT p.push_key FROM {_LOGGED_IN}))""",  # noqa: S608
    ),
    events=f"""registry_action IN ('upload', 'push') AND {_ACTOR} IN (SELECT key FROM keys)
      OR registry_action = 'create repository'
      OR registry_action = 'login' AND principal IN (SELECT principal FROM events
        WHERE registry_action = 'upload' AND {_ACTOR} IN (SELECT key FROM keys))""",  # noqa: S608
    columns=_COLUMNS,
)
"""By who uploaded, and where."""
