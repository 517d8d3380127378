-- activity_summary: one line on the events of a scope: how many, when, how many writes and
-- failures.
-- parameters: scope (all, session, key, identity, principal, origin, created, address,
--   repository, value), value,
--   principal (with scope session: the session's ARN), places (with scope value: the columns
--   to look in, from value_places, as ' a b '), since, until (TIMESTAMP, until is
--   exclusive), account, region, service, error, name (VARCHAR or NULL for "any"; a name without
--   its API version's date finds all versions), address, client, access_key, who (the principal),
--   resource (its ARN, else the name in the request, or the words for none), repository (its key),
--   caller (whom a service probably acted for),
--   act (a group of calls: delete, login, login-without-mfa, failed-login, credential,
--   identity-change, secret-read, root, logging-change; or NULL),
--   writes, failures (BOOLEAN: only those), fold_layers (BOOLEAN: without the calls for
--   single layers that come with each push and pull)
-- key: events
SELECT
  CAST(coalesce(sum(e.events), 0) AS BIGINT) AS events,
  CAST(sum(CASE WHEN e.is_write THEN e.events ELSE 0 END) AS BIGINT) AS writes,
  CAST(sum(CASE WHEN e.outcome = 'denied' THEN e.events ELSE 0 END) AS BIGINT) AS denied,
  CAST(sum(CASE WHEN e.outcome = 'failed' THEN e.events ELSE 0 END) AS BIGINT) AS failed,
  min(e.first_seen) AS first_seen,
  max(e.last_seen) AS last_seen,
  min(e.first_second) AS first_second,
  max(e.last_second) AS last_second,
  count(DISTINCT e.access_key_id) AS access_keys,
  count(DISTINCT e.principal) AS principals,
  CAST(sum(CASE WHEN
    -- calls: console_login of e
    AND e.outcome = 'ok' THEN e.events ELSE 0 END) AS BIGINT) AS console_logins,
  CAST(sum(CASE WHEN
    -- calls: console_login of e
    AND e.outcome = 'ok' AND e.mfa THEN e.events ELSE 0 END) AS BIGINT) AS logins_with_mfa,
  CAST(sum(CASE WHEN
    -- calls: console_login of e
    AND e.outcome = 'ok' AND NOT e.mfa THEN e.events ELSE 0 END) AS BIGINT) AS logins_without_mfa
FROM (
  SELECT
    event_source, plain_name, is_write, outcome, mfa, access_key_id, principal, events,
    first_seen, last_seen, first_second, last_second
  FROM called AS e
  WHERE
-- part: is_called
    AND
-- part: called
  UNION ALL
  SELECT
    event_source, plain_name, is_write, outcome, mfa, access_key_id, principal, 1 AS events,
    event_time AS first_seen, event_time AS last_seen, event_second AS first_second,
    event_second AS last_second
  FROM events AS e
  WHERE NOT (
-- part: is_called
    ) AND
-- part: scope
) AS e
