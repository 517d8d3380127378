"""New records of a trail, and what a converted folder has already, become what it has then: in
Spark's SQL what `queries.converted` does a day at a time.

Only the partitions with new records are read whole. Keys of events never change; new ones go on
from the highest, in the order of days, accounts and regions, so that those of a day lie together.
"""

from __future__ import annotations

from queries.converted.layout import EXTRA, stored_columns
from queries.index.merge import RICHNESS
from queries.trail.destination import NAMES, partition_of
from queries.trail.merging import LINKED, MERGED_INTO, SAME, actors, contradicting, joined
from queries.trail.records import RECORDS
from queries.trail.translation import spark_type

NUMBERS = "numbers_of_trail"
"""(case_number, number, known, name, sha256): which number a file has in the folder, and whether it
had it before."""
BEFORE, OTHERS = "events_before", "events_of_others"
"""`events` of the partitions that have new records, as the folder has them, and of all others."""
COPIES_BEFORE = "copies_before"
INCOMING, GROUPS, MERGED = "incoming_events", "groups_of_folder", "merged_of_folder"
FIRST_KEYS, FIRST_COPIES = "first_keys", "first_copies"
"""(account, region, date, first) and (bucket, first): the number before the first new one."""
LINKS, JOINED_ELSEWHERE = "links_of_folder", "events_joined_elsewhere"
COPIES = "new_copies"

BY = ", ".join(f'"{name}"' for name in NAMES)
_STORED = stored_columns("events")
_NAMES = ", ".join(name for name, _ in _STORED)
_BUCKET = 1_000_000
"""Keys of events whose new copies are numbered by one task."""


def same_partition(one: str, other: str) -> str:
    """Condition that two relations are about one partition."""
    return " AND ".join(f'{one}."{name}" <=> {other}."{name}"' for name in NAMES)


def incoming(*, again: bool) -> str:
    """The new records as the folder stores events. `again`: some files were in it before and were
    read again, because they were damaged; what it has of them is not new."""
    own = {
        "event_key": "NULL",
        "file_id": "n.number",
        "merged_into": "NULL",
        "copies": "1",
        EXTRA[0][0]: "n.name",
        EXTRA[1][0]: "n.sha256",
    }
    columns = ", ".join(
        f"CAST({own.get(name, f'r.{name}')} AS {spark_type(kind)}) AS {name}"
        for name, kind in _STORED
    )
    not_before = f"""
WHERE NOT n.known OR NOT EXISTS (SELECT 1 FROM (
    SELECT file_id, position FROM {BEFORE} UNION ALL SELECT file_id, position FROM {COPIES_BEFORE}
  ) AS b WHERE b.file_id = n.number AND b.position = r.position)"""  # noqa: S608
    return f"""
SELECT {columns}, r.event_key AS own_id, {partition_of("r")}
FROM {RECORDS} AS r JOIN {NUMBERS} AS n ON n.case_number = r.file_id
{not_before if again else ""}"""  # noqa: S608


def groups() -> str:
    """The new records and the events of their partitions: each with `kept_id`, the `own_id` of the
    copy that stays, the key that one of its copies had (`old_key`), and how many these are."""
    names = ", ".join(name for name, _ in _STORED if name != "copies")
    every = f"""(
  SELECT *, coalesce(event_id, concat('/', source_sha256, '/', position)) AS same_id
  FROM (
    SELECT {_NAMES}, {BY}, TRUE AS is_new, own_id FROM {INCOMING}
    UNION ALL
    SELECT {_NAMES}, {BY}, FALSE, -event_key FROM {BEFORE}
  )
)"""  # noqa: S608
    return f"""
SELECT {names}, {BY}, is_new, own_id,
  first_value(own_id) OVER ({SAME} ORDER BY {RICHNESS} DESC, is_new, own_id) AS kept_id,
  min(event_key) OVER ({SAME}) AS old_key,
  CAST(sum(copies) OVER ({SAME}) AS INT) AS copies
FROM ({contradicting(every)})"""  # noqa: S608


def new_keys() -> str:
    """How many events of each partition have no key yet."""
    return (
        f"SELECT {BY}, count(*) FROM {GROUPS} WHERE own_id = kept_id AND old_key IS NULL"  # noqa: S608
        f" GROUP BY {BY}"
    )


def merged() -> str:
    """The events that stay, with their keys; joined to none."""
    columns = ", ".join(
        {"event_key": "key AS event_key", "merged_into": "CAST(NULL AS BIGINT) AS merged_into"}.get(
            name, name
        )
        for name, _ in _STORED
    )
    by = ", ".join(f'g."{name}"' for name in NAMES)
    return f"""
SELECT {columns}, {BY}, own_id
FROM (
  SELECT g.*, coalesce(g.old_key, k.first + row_number() OVER (
    PARTITION BY {by}, g.old_key IS NULL ORDER BY g.own_id)) AS key
  FROM {GROUPS} AS g LEFT JOIN {FIRST_KEYS} AS k ON {same_partition("g", "k")}
  WHERE g.own_id = g.kept_id
)"""  # noqa: S608


def links(*, has_addenda: bool) -> str:
    """What the events of `MERGED` are joined to, and those of other partitions that one of them
    may change: (event_key, merged_into, was, is_other, account, region, date)."""
    names = ", ".join(LINKED)
    shared = f"SELECT shared_event_id FROM {MERGED} WHERE shared_event_id IS NOT NULL"  # noqa: S608
    corrected = f"SELECT original_event_id FROM {MERGED} WHERE original_event_id IS NOT NULL"  # noqa: S608
    other = f"SELECT {names}, {BY}, merged_into AS was, TRUE AS is_other FROM {OTHERS} WHERE"  # noqa: S608
    others = f"{other} shared_event_id IS NOT NULL AND shared_event_id IN ({shared})"
    if has_addenda:
        others += f" UNION {other} event_id IN ({corrected})"
    candidates = f"""(
  SELECT {names}, {BY}, merged_into AS was, FALSE AS is_other FROM {MERGED}
  UNION ALL SELECT * FROM ({others}))"""  # noqa: S608
    addenda = f"""(
  SELECT event_key, original_event_id FROM {MERGED}
  UNION ALL SELECT event_key, original_event_id FROM {OTHERS})"""  # noqa: S608
    by = ", ".join(f'e."{name}"' for name in NAMES)
    return f"""
SELECT * FROM (
  SELECT e.event_key, {MERGED_INTO} AS merged_into, e.was, e.is_other, {by}
  FROM {joined(candidates, addenda)}
) WHERE is_other OR merged_into IS NOT NULL"""  # noqa: S608


JOINED_OTHERWISE = f"SELECT DISTINCT {BY} FROM {LINKS} WHERE is_other AND NOT merged_into <=> was"  # noqa: S608
"""The other partitions in which an event is joined to another one than it was."""


def after() -> str:
    """`events` of all partitions that become other than they are."""
    columns = ", ".join(f"e.{name}" for name, _ in _STORED if name != "merged_into")
    by = ", ".join(f'e."{name}"' for name in NAMES)
    return f"""
SELECT {_NAMES}, {BY} FROM (
  SELECT {columns}, l.merged_into, {by}
  FROM {MERGED} AS e LEFT JOIN {LINKS} AS l ON l.event_key = e.event_key
  UNION ALL
  SELECT {columns}, CASE WHEN l.event_key IS NULL THEN e.merged_into ELSE l.merged_into END, {by}
  FROM {JOINED_ELSEWHERE} AS e LEFT JOIN {LINKS} AS l ON l.event_key = e.event_key
)"""  # noqa: S608


def other_partitions(events: str, changed: str) -> str:
    """The events of partitions that are not among some."""
    return (
        f"SELECT * FROM {events} AS e WHERE NOT EXISTS"  # noqa: S608
        f" (SELECT 1 FROM {changed} AS c WHERE {same_partition('e', 'c')})"
    )


def copies_found() -> str:
    """The copies that are new: of what, and where that belongs."""
    return f"""
SELECT g.file_id, g.position, m.event_key AS copy_of, m.event_key div {_BUCKET} AS bucket,
  m.recipient_account_id AS account, m.aws_region AS region, CAST(m.event_time AS DATE) AS "date"
FROM {GROUPS} AS g JOIN {MERGED} AS m ON m.own_id = g.kept_id WHERE g.own_id <> g.kept_id
"""  # noqa: S608


def copies_after() -> str:
    """`copies`: those that were there, of the event that stands for theirs, and the new ones."""
    names = ", ".join(f'"{name}"' for name, _ in stored_columns("copies"))
    return f"""
SELECT {names} FROM (
  SELECT c.event_key, c.file_id, c.position, coalesce(v.key, c.copy_of) AS copy_of, {BY}
  FROM {COPIES_BEFORE} AS c LEFT JOIN (
    SELECT g.event_key AS gone, m.event_key AS key
    FROM {GROUPS} AS g JOIN {MERGED} AS m ON m.own_id = g.kept_id
    WHERE NOT g.is_new AND g.event_key <> m.event_key
  ) AS v ON v.gone = c.copy_of
  UNION ALL
  SELECT b.first + row_number() OVER (
      PARTITION BY n.bucket ORDER BY n.copy_of, n.file_id, n.position),
    n.file_id, n.position, n.copy_of, {BY}
  FROM {COPIES} AS n JOIN {FIRST_COPIES} AS b ON b.bucket = n.bucket
)"""  # noqa: S608


def actors_of(events: str) -> str:
    """`actors` of each partition of some events."""
    return actors(events, BY)


OF_FILES = f"""
SELECT file_id, count_if(own_id = kept_id), count_if(own_id <> kept_id),
  min(CASE WHEN own_id = kept_id THEN event_time END),
  max(CASE WHEN own_id = kept_id THEN event_time END)
FROM {GROUPS} WHERE is_new GROUP BY file_id
"""  # noqa: S608
"""Events and copies of each new file, by its number in the folder; first and last event."""
