-- activity_values: the distinct values of a scope's events by kind (service, name, error, region,
-- account, address, client, key, principal, probably for: whom a service acted for), with counts:
-- for pickers and for the profile. A name is without the date of its API version. Repositories are
-- counted only where the kind asks for them, as every event has to be looked at for that.
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
--   single layers that come with each push and pull), kind (VARCHAR: only this kind, or NULL for all)
-- key: kind, value
WITH scoped AS (
  SELECT
    event_key, event_source, plain_name, error_code, user_agent, access_key_id, principal,
    aws_region, recipient_account_id, source_ip_address, repository, 1 AS events,
    CASE WHEN outcome <> 'ok' THEN 1 ELSE 0 END AS failures, event_time AS first_seen,
    event_time AS last_seen
  FROM events AS e
  WHERE
-- part: scope
),
what AS (
  -- Already counted, where nothing else has to be looked at.
  SELECT
    event_source, plain_name, error_code, user_agent, events,
    CASE WHEN outcome <> 'ok' THEN events ELSE 0 END AS failures, first_seen, last_seen
  FROM called AS e
  WHERE
-- part: is_called
    AND
-- part: called
  UNION ALL
  SELECT
    event_source, plain_name, error_code, user_agent, events, failures, first_seen, last_seen
  FROM scoped
  WHERE NOT (
-- part: is_called
    )
),
who AS (
  SELECT
    aws_region, recipient_account_id, source_ip_address, access_key_id, principal, events,
    failures, first_seen, last_seen
  FROM actors AS e
  WHERE
-- part: is_acted
    AND
-- part: acted
  UNION ALL
  SELECT
    aws_region, recipient_account_id, source_ip_address, access_key_id, principal, events,
    failures, first_seen, last_seen
  FROM scoped
  WHERE NOT (
-- part: is_acted
    )
)
SELECT
  'service' AS kind,
  event_source AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM what
WHERE event_source IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'service') = 'service'
GROUP BY event_source
UNION ALL
SELECT
  'name' AS kind,
  plain_name AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM what
WHERE plain_name IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'name') = 'name'
GROUP BY plain_name
UNION ALL
SELECT
  'error' AS kind,
  error_code AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM what
WHERE error_code IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'error') = 'error'
GROUP BY error_code
UNION ALL
SELECT
  'region' AS kind,
  aws_region AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM who
WHERE aws_region IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'region') = 'region'
GROUP BY aws_region
UNION ALL
SELECT
  'account' AS kind,
  recipient_account_id AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM who
WHERE recipient_account_id IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'account') = 'account'
GROUP BY recipient_account_id
UNION ALL
SELECT
  'address' AS kind,
  source_ip_address AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM who
WHERE source_ip_address IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'address') = 'address'
GROUP BY source_ip_address
UNION ALL
SELECT
  'client' AS kind,
  user_agent AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM what
WHERE user_agent IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'client') = 'client'
GROUP BY user_agent
UNION ALL
SELECT
  'key' AS kind,
  access_key_id AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM who
WHERE access_key_id IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'key') = 'key'
GROUP BY access_key_id
UNION ALL
SELECT
  'principal' AS kind,
  principal AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM who
WHERE principal IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'principal') = 'principal'
GROUP BY principal
UNION ALL
SELECT
  'probably for' AS kind,
  b.caller AS value,
  CAST(sum(s.events) AS BIGINT) AS events,
  CAST(sum(s.failures) AS BIGINT) AS failures,
  min(s.first_seen) AS first_seen,
  max(s.last_seen) AS last_seen
FROM scoped AS s
JOIN callers AS b ON b.event_key = s.event_key
WHERE coalesce(CAST($kind AS VARCHAR), 'probably for') = 'probably for'
GROUP BY b.caller
UNION ALL
SELECT
  'repository' AS kind,
  repository AS value,
  CAST(sum(events) AS BIGINT) AS events,
  CAST(sum(failures) AS BIGINT) AS failures,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM scoped
WHERE repository IS NOT NULL AND coalesce(CAST($kind AS VARCHAR), 'none') = 'repository'
GROUP BY repository
