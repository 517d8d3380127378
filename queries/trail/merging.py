"""What an index does with several records of one action (queries/index/merge.py), in Spark's SQL.

Copies of one record become one event, the fullest copy stays, and records under one id that
contradict each other all stay; the poorer record of a cross-account call and a record that an
addendum corrects point at the other. What EventBridge says beside CloudTrail is not in a trail.
"""

from __future__ import annotations

import re

from queries.converted.layout import columns_of
from queries.index.merge import CORE, RICHNESS
from queries.index.narrow import ACTORS

_CORE = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(CORE))
_CONTRADICTED = " OR ".join(f"min(c{n}) OVER ids <> max(c{n}) OVER ids" for n in range(len(CORE)))
_ALL = ", ".join(f"c{number}" for number in range(len(CORE)))
SAME = "PARTITION BY same_id, apart"
"""The copies of one record."""


def contradicting(records: str) -> str:
    """Records with `same_id`, what copies have in common, and `apart`, by which those are told from
    each other that are under one id and contradict each other. `records` have `same_id`."""
    return f"""
SELECT *, CASE WHEN contradicted THEN to_json(struct({_ALL})) END AS apart
FROM (
  SELECT *, coalesce({_CONTRADICTED}, false) AS contradicted FROM (SELECT *, {_CORE} FROM {records})
  WINDOW ids AS (PARTITION BY same_id)
)"""  # noqa: S608 - constants of this project


def grouped(records: str) -> str:
    """Records (the columns of `events`) with `kept`, the key of the copy that stays, and `copies`,
    how many there are."""
    names = ", ".join(
        name for name, _ in columns_of("events") if name not in ("copies", "merged_into")
    )
    identified = (
        f"(SELECT *, coalesce(event_id, CAST(event_key AS STRING)) AS same_id FROM {records})"  # noqa: S608
    )
    return f"""
SELECT {names},
  first_value(event_key) OVER ({SAME} ORDER BY {RICHNESS} DESC, event_key) AS kept,
  CAST(count(*) OVER ({SAME}) AS INT) AS copies
FROM ({contradicting(identified)})"""  # noqa: S608 - constants of this project


def events(groups: str) -> str:
    """`events` of the relation that `grouped` made."""
    names = ", ".join(
        f"{MERGED_INTO} AS merged_into" if name == "merged_into" else f"e.{name}"
        for name, _ in columns_of("events")
    )
    return f"SELECT {names} FROM {joined(f'{groups} WHERE kept = event_key')}"  # noqa: S608


MERGED_INTO = "coalesce(a.corrected_by, e.shared_with)"
"""Of the relations of `joined`: the key of the event that stands for this one."""


def joined(source: str, correcting: str = "") -> str:
    """FROM clause of the events of `source` (what stands behind FROM) and, beside each, what it is
    joined to; `correcting`: the same for those among which addenda are, if they are others. The
    events need the columns `LINKED`."""
    addenda = correcting or source
    where = "AND" if " WHERE " in addenda else "WHERE"
    return f"""(
  SELECT *, CASE WHEN joined AND richest <> event_key THEN richest END AS shared_with
  FROM (
    SELECT *, first_value(event_key) OVER (
        PARTITION BY CASE WHEN joined THEN shared_event_id ELSE CAST(event_key AS STRING) END,
          event_source, event_name
        ORDER BY principal LIKE 'arn:%' DESC, coalesce(access_key_id, '') <> '' DESC, event_key
      ) AS richest
    FROM (
      SELECT *, shared_event_id IS NOT NULL AND event_name IS NOT NULL
        AND coalesce(event_category, '') <> 'Insight' AS joined
      FROM {source}
    )
  )
) AS e LEFT JOIN (
  SELECT original_event_id AS corrected, max(event_key) AS corrected_by FROM {addenda}
  {where} original_event_id IS NOT NULL GROUP BY original_event_id
) AS a ON a.corrected = e.event_id AND a.corrected_by <> e.event_key"""  # noqa: S608


LINKED = (
    "event_key", "event_id", "shared_event_id", "original_event_id", "event_source", "event_name",
    "event_category", "principal", "access_key_id",
)  # fmt: skip


def copies(groups: str) -> str:
    """`copies` of the same."""
    return (
        "SELECT event_key, CAST(file_id AS BIGINT) AS file_id, position, kept AS copy_of"  # noqa: S608
        f" FROM {groups} WHERE kept <> event_key"
    )


def actors(events: str = "events", more: str = "") -> str:
    """`actors` of a relation of events; `more`: columns that come first and are counted apart."""
    names = ", ".join(name for name, _ in columns_of("actors"))
    counted = re.sub(r"FILTER \(", "FILTER (WHERE ", ACTORS.format(events=events))
    if not more:
        return f"SELECT * FROM ({counted}) AS a({names})"  # noqa: S608
    counted = counted.replace("SELECT ", f"SELECT {more}, ", 1)
    return f"SELECT * FROM ({counted}) AS a({more}, {names})"  # noqa: S608
