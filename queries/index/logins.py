"""The probable login of each push, and whether it can be told at all.

Through the registry's proxy a push leaves no address (aws/containers-roadmap#1634). The call of
GetAuthorizationToken before it has one; its token is good for 12 hours and belongs to the
principal, so any login of that principal in that time may be the one.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
"""

from __future__ import annotations

import duckdb

EXACT = "exact"
PROBABLE = "probable"
AMBIGUOUS = "ambiguous"

_SAME_SESSION = """coalesce(t.access_key_id = p.access_key_id
    AND t.access_key_id NOT LIKE 'AKIA%', FALSE)
  OR coalesce(t.session_created = e.session_created, FALSE)
  OR (t.session_created IS NULL AND coalesce(e.session_created
    BETWEEN t.event_time - INTERVAL 2 SECOND AND t.event_time + INTERVAL 2 SECOND, FALSE))"""
"""One session for login and push: its temporary key or its time of creation is the same; an IAM
user's docker push carries a session that began at the login. A long-term key proves nothing: it can
be in use on several machines. (queries/sql/push_logins.sql says the same.)"""


def _candidates(which: str) -> str:
    return f"""
SELECT p.push_key, t.event_key, t.event_time, t.source_ip_address AS ip, t.user_agent AS agent,
  {_SAME_SESSION} AS exact
FROM pushes AS p
JOIN events AS e ON e.event_key = p.event_key
JOIN events AS t ON t.principal = p.principal AND t.event_source = e.event_source
  AND t.registry_action = 'login' AND t.outcome = 'ok' AND t.merged_into IS NULL
  AND t.event_time BETWEEN p.event_time - INTERVAL 12 HOUR AND p.event_time
WHERE p.made_by = 'person' AND {which}
"""  # noqa: S608 - constants of this module


def _gathered(name: str, only: str) -> str:
    """The candidates of a push as one value each: all of them, or `only` those of its session. They
    can be many (jobs that share a session name), so nothing is sorted or kept row by row."""
    return f"""
      count(*) {only} AS {name}_found,
      arg_max(event_key, (event_time, event_key)) {only} AS {name}_nearest,
      max(event_time) {only} AS {name}_latest,
      list(DISTINCT coalesce(ip, '')) {only} AS {name}_ips,
      count(DISTINCT coalesce(agent, '')) {only} AS {name}_agents,
      max(agent) {only} AS {name}_agent"""


def _chosen(column: str) -> str:
    return f"CASE WHEN own_found > 0 THEN own_{column} ELSE all_{column} END AS {column}"


def add_logins(connection: duckdb.DuckDBPyConnection, which: str) -> None:
    """Fill the login columns of some of the `pushes`; `which` is a condition for these.

    `login_match` is exact (a login of the same session), probable (one login, same principal),
    ambiguous (several that could be it), or NULL (none in the evidence). `login_event` is the
    nearest candidate; its address and client are filled in only where all candidates agree.
    """
    chosen = ", ".join(map(_chosen, ("found", "nearest", "latest", "ips", "agents", "agent")))
    connection.execute(
        f"""
        UPDATE pushes SET login_event = l.nearest, login_count = l.found,
          login_match = CASE WHEN l.found > 1 AND NOT l.agree THEN '{AMBIGUOUS}'
            WHEN l.exact THEN '{EXACT}' ELSE '{PROBABLE}' END,
          login_exact = l.exact AND (l.found = 1 OR l.agree),
          login_time = CASE WHEN l.found = 1 OR l.agree THEN l.latest END,
          login_ip = CASE WHEN len(l.ips) = 1 THEN nullif(l.ips[1], '') END,
          login_agent = CASE WHEN l.agents = 1 THEN l.agent END,
          login_ips = array_to_string(
            list_sort(list_filter(l.ips, lambda ip: ip <> ''))[:20], ' ')
        FROM (
          SELECT *, exact AND len(ips) = 1 AND agents = 1 AS agree
          FROM (
            SELECT push_key, own_found > 0 AS exact, {chosen}
            FROM (
              SELECT push_key, {_gathered("own", "FILTER (exact)")}, {_gathered("all", "")}
              FROM ({_candidates(which)}) AS candidates
              GROUP BY push_key
            ) AS gathered
          ) AS best
        ) AS l
        WHERE pushes.push_key = l.push_key
        """  # noqa: S608 - constants of this module
    )
