"""The statements that find a Sigma rule's events: one for a rule, one for a correlation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from queries.findings.sigma.backend import Condition

MOST_ROWS = 20_000
"""Events listed of one rule. Those that match are counted all the same (`matched`)."""

WHY = (
    "{origin} called {event_name} of {event_source}{target_clause}{address_clause}{outcome_clause}"
)
WHY_COUNTED = "{count_clause}; the first: " + WHY

_COLUMNS = """\
  e.event_key, e.event_time, e.repository, e.principal,
  coalesce(s.origin, e.principal) AS origin, e.image_tag, e.image_digest, p.push_key,
  e.event_name, e.event_source, ' on ' || e.target AS target_clause,
  ' from ' || e.source_ip_address AS address_clause,
  CASE WHEN e.outcome <> 'ok' THEN ', which was refused: ' || coalesce(e.error_code, e.outcome) END
    AS outcome_clause"""
_JOINS = """\
LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
LEFT JOIN (SELECT event_key, min(push_key) AS push_key FROM push_records GROUP BY event_key) AS p
  ON p.event_key = e.event_key"""


def of_rule(condition: Condition) -> str:
    """Events for which the condition may hold; `sure` says where the index can tell."""
    sure = "TRUE" if condition.exact else condition.sure
    return f"""\
SELECT
{_COLUMNS},
  {sure} AS sure, count(*) OVER () AS matched
FROM events AS e
{_JOINS}
WHERE e.merged_into IS NULL AND {condition.may}
ORDER BY sure DESC, e.event_time NULLS LAST, e.event_key
LIMIT {MOST_ROWS}"""  # noqa: S608


def in_records(condition: Condition) -> str:
    """Which of the events whose records lie in `looked_up` the condition holds for."""
    return f"""\
SELECT e.event_key FROM events AS e JOIN looked_up AS r ON r.event_key = e.event_key
WHERE {condition.sure}"""  # noqa: S608


def of_correlation(
    parts: Sequence[tuple[Condition, Mapping[str, str]]],
    groups: Sequence[str],
    measure: str,
    sign: str,
    count: str,
    seconds: int,
) -> str:
    """Runs of events, with no pause longer than `seconds`, in which the measure of some window of
    that length reaches the count.

    Each part is a rule's condition with the SQL of its columns (`group_a` …, and `counted`).
    """
    by = ", ".join(groups)
    partition = f"PARTITION BY {by} " if by else ""
    island = f"{by}, run" if by else "run"
    key = " || ' ' || ".join(f"coalesce({name}, '')" for name in groups) or "''"
    rows = "\n  UNION ALL\n".join(_matches(number, *part) for number, part in enumerate(parts))
    present = " AND ".join(f"{name} IS NOT NULL" for name in groups) or "TRUE"
    return f"""\
WITH matches AS (
{rows}
), measured AS (
  SELECT *, {measure} OVER ({partition}ORDER BY event_second
      RANGE BETWEEN {seconds} PRECEDING AND CURRENT ROW) AS measured,
    event_second - lag(event_second) OVER ({partition}ORDER BY event_second, event_key) AS pause
  FROM matches WHERE {present}
), runs AS (
  SELECT *, sum(CASE WHEN pause <= {seconds} THEN 0 ELSE 1 END)
    OVER ({partition}ORDER BY event_second, event_key) AS run
  FROM measured
), hits AS (
  SELECT event_key, {key} || ' ' || CAST(run AS VARCHAR) AS finding_key,
    max(measured) OVER (PARTITION BY {island}) AS most
  FROM runs
)
SELECT
{_COLUMNS},
  CAST(h.most AS VARCHAR) || $said AS count_clause, h.finding_key, TRUE AS sure,
  count(*) OVER () AS matched
FROM (SELECT event_key, min(finding_key) AS finding_key, max(most) AS most FROM hits
  WHERE most {sign} {count} GROUP BY event_key) AS h
JOIN events AS e ON e.event_key = h.event_key
{_JOINS}
ORDER BY e.event_time NULLS LAST, e.event_key
LIMIT {MOST_ROWS}"""  # noqa: S608


def _matches(number: int, condition: Condition, columns: Mapping[str, str]) -> str:
    """One rule's events, as a part of a correlation."""
    more = "".join(f", {sql} AS {name}" for name, sql in columns.items())
    return f"""\
  SELECT e.event_key, e.event_second, {number} AS part{more}
  FROM events AS e
  WHERE e.merged_into IS NULL AND e.event_second IS NOT NULL AND {condition.sure}"""  # noqa: S608
