"""Which events are handed on: what is marked, what findings rest on, or everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from queries.case import Rows
from queries.enrichment.model import Enrichment
from queries.errors import NothingToRead

if TYPE_CHECKING:
    from queries.case import Case
    from queries.findings.found import Found

MARKED, FINDINGS, EVENTS = WHICH = ("marked", "findings", "events")

_AT_ONCE = 5_000
_COLUMNS = """
SELECT e.event_key, e.event_time, e.event_id, e.event_source, e.event_name, e.target, e.is_write,
  e.outcome, e.error_code, e.error_message, e.principal, s.origin, e.identity_type,
  e.access_key_id, e.account_id, e.recipient_account_id, e.source_ip_address, e.user_agent,
  e.aws_region, e.provider, coalesce(p.outcome = 'ok', FALSE) AS is_push, e.repository,
  e.image_tag, e.image_digest, e.layer_digest, e.request_id,
  f.name AS file_name, f.sha256 AS file_sha256, e.position
FROM events AS e
LEFT JOIN (SELECT access_key_id, max(origin) AS origin FROM sessions GROUP BY access_key_id) AS s
  ON s.access_key_id = e.access_key_id
LEFT JOIN files AS f ON f.file_id = e.file_id
LEFT JOIN pushes AS p ON p.push_key = e.event_key
"""
_ORDER = " ORDER BY e.event_time NULLS LAST, e.event_key"


@dataclass(slots=True)
class Chosen:
    """Events to hand on: `keys` None means all; and what is said of each, by event key."""

    keys: list[int] | None
    tags: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    comments: Mapping[int, str] = field(default_factory=dict)
    techniques: Mapping[int, frozenset[str]] = field(default_factory=dict)


def choose(case: Case, which: str, found: Found | None) -> Chosen:
    """The events; `found` gives tags as well where it is there. Raises `NothingToRead`."""
    tags: dict[int, tuple[str, ...]] = {}
    comments: dict[int, str] = {}
    techniques: dict[int, frozenset[str]] = {}
    found_keys: set[int] = set()
    for finding in found.findings if found is not None else ():
        for number, key in enumerate(finding.event_keys):
            found_keys.add(key)
            tags[key] = tuple(dict.fromkeys((*tags.get(key, ()), finding.rule.id)))
            if number == 0 and finding.rule.technique:  # the others only stand beside it
                known = techniques.get(key, frozenset())
                techniques[key] = known | set(finding.rule.technique.split(", "))
    marks = {mark.key: mark for mark in case.marks.all}
    places = case.marks.places
    for mark_key, event_key in places.items():
        mark = marks[mark_key]
        before = tags.get(event_key, ())
        tags[event_key] = tuple(dict.fromkeys(("marked", *mark.tags, *before)))
        comments[event_key] = mark.comment
    if which == EVENTS:
        return Chosen(None, tags, comments, techniques)
    keys = sorted(places.values()) if which == MARKED else sorted(found_keys)
    if not keys:
        why = "nothing is marked" if which == MARKED else "no rule found anything"
        raise NothingToRead(f"{why}: there is nothing to export; --what chooses other events")
    return Chosen(keys, tags, comments, techniques)


def rows_of(
    case: Case, chosen: Chosen, known: Enrichment | None = None
) -> Iterator[dict[str, Any]]:
    """The chosen events in the order of time, a few thousand in memory at a time, with what is
    known of their addresses and accounts."""
    known = known or Enrichment()
    cursor = case.connection.cursor()
    try:
        if chosen.keys is None:
            cursor.execute(f"{_COLUMNS} WHERE e.merged_into IS NULL {_ORDER}")
        else:
            cursor.execute(
                f"{_COLUMNS} WHERE e.event_key IN (SELECT unnest($keys::BIGINT[])) {_ORDER}",
                {"keys": chosen.keys},
            )
        names = [column[0] for column in cursor.description or ()]
        while part := cursor.fetchmany(_AT_ONCE):
            told = known.beside(Rows(names, part))
            for row in told.rows:
                yield dict(zip(told.columns, row, strict=True))
    finally:
        cursor.close()
