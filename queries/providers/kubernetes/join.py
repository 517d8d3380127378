"""Audit events of one act, and who is behind what a controller did.

The stages of a request share its auditID and mostly the time it came in, so they merge as copies;
what is left (GKE writes a long request as it begins and as it ends, under one operation) is pointed
at the last one here. A node that reports the digest it runs says it of the pod that was created
before. Pods are created by controllers: who changed the deployment is found by the owner that pods
and replica sets name. The owner may be of any kind that an operator brings (a Workflow of Argo, a
PipelineRun of Tekton, a SparkApplication): of these who created it counts, as operators themselves
go on writing into them.
https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from queries.index.rows import insert_rows
from queries.index.unjoined import keep_as_read
from queries.providers.kubernetes.workloads import CONTROLLERS

_STAGES = """
UPDATE events SET merged_into = s.keep FROM (
  SELECT event_key, first_value(event_key) OVER (
      PARTITION BY request_id, event_name, principal, target
      ORDER BY (event_category IN ('ResponseComplete', 'Panic')) DESC,
        (deployment IS NOT NULL) DESC, event_time DESC NULLS LAST, event_key) AS keep,
    count(DISTINCT event_category) OVER (
      PARTITION BY request_id, event_name, principal, target) AS stages
  FROM events WHERE provider = 'kubernetes' AND request_id IS NOT NULL AND merged_into IS NULL
) AS s
WHERE events.event_key = s.event_key AND s.keep <> s.event_key AND s.stages > 1
"""
LINKS = (
    "SELECT event_key, 'kubernetes request ' || request_id FROM {events}"
    " WHERE provider = 'kubernetes' AND request_id IS NOT NULL",
    "SELECT event_key, 'kubernetes ' || coalesce(recipient_account_id, '') FROM {events}"
    " WHERE provider = 'kubernetes' AND deployment IS NOT NULL",
    "SELECT event_key, 'kubernetes ' || coalesce(recipient_account_id, '') FROM {events}"
    " WHERE provider = 'kubernetes' AND event_name LIKE 'create %' AND event_name NOT LIKE '%/%'"
    " AND event_name NOT LIKE '%reviews' AND event_name NOT IN ('create events', 'create leases')",
)
"""Who is behind a controller's work is found through all that happened in a cluster."""
_NOTHING = "{}"
"""A deployment of nothing: what the event names is told elsewhere, so it is no mention either."""
_HASH = re.compile(r"-[a-z0-9]{5,12}$")
_OWNER_KIND = re.compile(r'"owner":"([A-Za-z]{1,63})/')
_KINDS = {noun.replace(" ", ""): resource for resource, noun in CONTROLLERS.items()}
"""`ReplicaSet` in small letters to `replicasets`."""

Unit = tuple[str, str, str, str]
"""account and cluster, namespace, resource, name"""


def join_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Merge stages, tell pods their digests, and name who is behind controllers."""
    if not _any(connection, "provider = 'kubernetes'"):
        return
    connection.execute(_STAGES)
    _pass_over_upkeep(connection)
    _tell_digests(connection)
    _follow_owners(connection)


def unseen(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Sentences about what this evidence of Kubernetes cannot show."""
    if not _any(connection, "provider = 'kubernetes'"):
        return []
    said = []
    objects = "provider = 'kubernetes' AND request_parameters LIKE '%\"image\"%'"
    if not _any(connection, objects):
        said.append(
            "no Kubernetes audit event in the evidence has an object with an image (audit level"
            " Metadata, or no workload was created): which images ran cannot be seen in it"
        )
    return said


def _pass_over_upkeep(connection: duckdb.DuckDBPyConnection) -> None:
    """Take out what the cluster's own controllers write again with the same images: they note
    revisions and numbers in deployments and replica sets, and deploy nothing by it."""
    rows = connection.execute(
        "SELECT event_key, event_name NOT LIKE 'create %' AND (principal LIKE"
        " 'system:serviceaccount:kube-system:%' OR principal = 'system:kube-controller-manager'),"
        " deployment FROM events WHERE provider = 'kubernetes' AND deployment LIKE '%\"images\"%'"
        " AND event_name NOT LIKE '% pods/%' AND merged_into IS NULL AND outcome = 'ok'"
        " ORDER BY event_time NULLS LAST, event_key"
    ).fetchall()
    running: dict[str, set[tuple[str, str]]] = {}
    changed: dict[int, str] = {}
    for event_key, upkeep, text in rows:
        said = json.loads(text)
        images = {(each["container"], each["image"]) for each in said["images"]}
        if upkeep and running.get(said["unit"]) == images:
            changed[event_key] = _NOTHING
        else:
            running[said["unit"]] = images
    _set(connection, "deployment = s.text", changed)


def _tell_digests(connection: duckdb.DuckDBPyConnection) -> None:
    """Move the digests of pods' statuses to the pods that were created before; a status whose pod
    is not in the evidence stays a deployment of its own, once for each image."""
    rows = connection.execute(
        "SELECT event_key, event_name, deployment FROM events WHERE provider = 'kubernetes'"
        " AND deployment LIKE '%\"images\"%' AND merged_into IS NULL AND outcome = 'ok'"
        " AND event_name IN ('create pods', 'patch pods/status', 'update pods/status')"
        " ORDER BY event_time NULLS LAST, event_key"
    ).fetchall()
    pods: dict[str, tuple[int, dict[str, Any]]] = {}
    changed: dict[int, str] = {}
    seen: set[tuple[str, str, str]] = set()
    for event_key, name, text in rows:
        said = json.loads(text)
        unit = said.get("unit")
        if name == "create pods":
            pods[unit] = (event_key, said)
            continue
        created = pods.get(unit)
        if created is not None:
            told = {each["container"]: each["digest"] for each in said["images"]}
            for image in created[1]["images"]:
                image["digest"] = image["digest"] or told.get(image["container"], "")
            changed[created[0]] = json.dumps(created[1])
            changed[event_key] = _NOTHING
            continue
        new = [i for i in said["images"] if (unit, i["container"], i["digest"]) not in seen]
        seen |= {(unit, i["container"], i["digest"]) for i in new}
        if not new:
            changed[event_key] = _NOTHING
    _set(connection, "deployment = s.text", changed)


@dataclass(slots=True)
class _Change:
    """A request that changed a controller: from then on its pods are of its making."""

    event_key: int
    owner: str
    session: str
    """What the work of controllers that follows from it is known by; the same when more evidence
    comes, as it does not count."""


def _follow_owners(connection: duckdb.DuckDBPyConnection) -> None:
    """Give what controllers did a session that the change of the topmost owner handed out, so that
    it is followed like any other session."""
    changes: dict[Unit, list[_Change]] = {}
    issued: dict[int, str] = {}
    used: dict[int, str] = {}
    for event_key, name, time, account, text, key in _changes(connection):
        said = json.loads(text)
        place = (f"{account}/{said.get('cluster', '')}", str(said.get("namespace", "")))
        owner = str(said.get("owner") or "")
        unit = (*place, str(said.get("resource", "")), str(said.get("name", "")))
        if owner:
            top = _top(changes, place, owner)
            if top is not None and not key:
                used[event_key] = issued[top.event_key] = top.session
        if not name.startswith("delete") and not said.get("subresource"):
            earlier = changes.setdefault(unit, [])
            thing = "/".join(part for part in (said.get("cluster"), *unit[1:]) if part)
            earlier.append(_Change(event_key, owner, f"{thing} changed {time}"))
    _set(connection, "issued_access_key_id = s.text, issued_arn = s.text", issued)
    _set(connection, "access_key_id = s.text", used)


def _changes(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Requests that made or changed workloads, and those that created what owns them, in their
    order."""
    custom: set[str] = set()
    while True:
        rows = connection.execute(
            "SELECT event_key, event_name, coalesce(event_time::VARCHAR, event_key::VARCHAR),"
            " coalesce(recipient_account_id, ''),"
            " request_parameters, access_key_id FROM events WHERE provider = 'kubernetes'"
            " AND (deployment LIKE '%\"unit\"%'"
            " OR event_name IN (SELECT unnest($custom::VARCHAR[])))"
            " AND merged_into IS NULL AND outcome = 'ok'"
            " AND request_parameters LIKE '{%' ORDER BY event_time NULLS LAST, event_key",
            {"custom": sorted(custom)},
        ).fetchall()
        kinds = {match[1] for row in rows if (match := _OWNER_KIND.search(row[4]))}
        owners = {f"create {_resource(kind)}" for kind in kinds if kind.lower() not in _KINDS}
        if owners <= custom:
            return rows
        custom |= owners


def _resource(kind: str) -> str:
    """The name under which objects of a kind are asked for: its plural in small letters."""
    name = kind.lower()
    if name in _KINDS:
        return _KINDS[name]
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


def _top(changes: dict[Unit, list[_Change]], place: tuple[str, str], owner: str) -> _Change | None:
    """The newest change of the owner that nothing owns, as far as the evidence goes."""
    found: _Change | None = None
    for _ in range(8):
        kind, _, name = owner.partition("/")
        resource = _resource(kind)
        newest = changes.get((*place, resource, name), [])
        if not newest and resource in ("replicasets", "jobs"):
            # Its own creation is not in the evidence: the name is the owner's and a suffix.
            above = "deployments" if resource == "replicasets" else "cronjobs"
            newest = changes.get((*place, above, _HASH.sub("", name)), [])
        if not newest:
            return found
        found = newest[-1]
        if not found.owner:
            return found
        owner = found.owner
    return found


def _set(connection: duckdb.DuckDBPyConnection, what: str, values: Mapping[int, str]) -> None:
    """Change a column of many events in one statement."""
    if not values:
        return
    connection.execute("CREATE TEMP TABLE said (event_key BIGINT, text VARCHAR)")
    insert_rows(connection, "said", list(values.items()))
    keep_as_read(connection, "SELECT event_key FROM said")
    connection.execute(
        f"UPDATE events SET {what} FROM said AS s WHERE events.event_key = s.event_key"  # noqa: S608
    )
    connection.execute("DROP TABLE said")


def _any(connection: duckdb.DuckDBPyConnection, condition: str) -> bool:
    row = connection.execute(f"SELECT 1 FROM events WHERE {condition} LIMIT 1").fetchone()  # noqa: S608
    return row is not None
