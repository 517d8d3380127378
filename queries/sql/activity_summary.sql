-- activity_summary: one line on the events of a scope: how many, when, how many writes and
-- failures.
-- parameters: scope (all, session, key, principal, origin, address, repository, value), value,
--   principal (with scope session: the session's ARN), places (with scope value: the columns
--   to look in, from value_places, as ' a b '), since, until (TIMESTAMP, until is
--   exclusive), account, region, service, error, name (VARCHAR or NULL for "any"; a name without
--   its API version's date finds all versions),
--   act (a group of calls: delete, login, login-without-mfa, failed-login, credential,
--   identity-change, secret-read, root, logging-change; or NULL),
--   writes, failures (BOOLEAN: only those), fold_layers (BOOLEAN: without the calls for
--   single layers that come with each push and pull)
-- key: events
SELECT
  count(*) AS events,
  sum(CASE WHEN e.is_write THEN 1 ELSE 0 END) AS writes,
  sum(CASE WHEN e.outcome = 'denied' THEN 1 ELSE 0 END) AS denied,
  sum(CASE WHEN e.outcome = 'failed' THEN 1 ELSE 0 END) AS failed,
  min(e.event_time) AS first_seen,
  max(e.event_time) AS last_seen,
  min(e.event_second) AS first_second,
  max(e.event_second) AS last_second,
  count(DISTINCT e.access_key_id) AS access_keys,
  count(DISTINCT e.principal) AS principals,
  sum(CASE WHEN
    -- calls: console_login of e
    AND e.outcome = 'ok' THEN 1 ELSE 0 END) AS console_logins,
  sum(CASE WHEN
    -- calls: console_login of e
    AND e.outcome = 'ok' AND e.mfa THEN 1 ELSE 0 END) AS logins_with_mfa,
  sum(CASE WHEN
    -- calls: console_login of e
    AND e.outcome = 'ok' AND NOT e.mfa THEN 1 ELSE 0 END) AS logins_without_mfa
FROM events AS e
WHERE
-- part: scope
