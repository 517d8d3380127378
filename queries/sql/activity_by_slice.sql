-- activity_by_slice: how many events fall into each slice of a window, all and not ok.
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
--   start, width (BIGINT, seconds since 1970, seconds)
-- key: slice
SELECT
  t.slice,
  CAST(sum(t.events) AS BIGINT) AS events,
  CAST(sum(t.failures) AS BIGINT) AS failures
FROM (
  SELECT
    -- Already counted, where slices begin and end at full hours.
    CAST(floor(CAST(e.hour_second - CAST($start AS BIGINT) AS DOUBLE) / CAST($width AS BIGINT))
      AS BIGINT) AS slice,
    CASE WHEN coalesce(CAST($failures AS BOOLEAN), FALSE) THEN e.failures ELSE e.events END AS events,
    e.failures
  FROM hours AS e
  WHERE
-- part: is_sliced
    AND
-- part: hourly
  UNION ALL
  SELECT
    CAST(floor(CAST(e.event_second - CAST($start AS BIGINT) AS DOUBLE) / CAST($width AS BIGINT))
      AS BIGINT) AS slice,
    1 AS events,
    CASE WHEN e.outcome <> 'ok' THEN 1 ELSE 0 END AS failures
  FROM events AS e
  WHERE NOT (
-- part: is_sliced
    ) AND e.event_second IS NOT NULL AND
-- part: scope
) AS t
GROUP BY t.slice
