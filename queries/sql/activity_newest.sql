-- activity_newest: of the events of an origin, the newest, at least so many of them where there are as
-- many, and whatever has no time: as `activity` has them, for its first pages newest first. From which
-- hour on these are is known beforehand, and who made all earlier events need not be looked at.
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
--   single layers that come with each push and pull),
--   rows (BIGINT: how many)
-- key: event_key
SELECT
-- part: activity_row
FROM (
  SELECT
-- part: activity_columns
  FROM events AS e
  WHERE (NOT (CAST($scope AS VARCHAR) IN ('origin') AND
-- part: is_hourly
    ) OR e.event_second >= (
      SELECT coalesce(max(n.hour_second), -100000000000)
      FROM (
        SELECT h.hour_second, sum(h.events) OVER (ORDER BY h.hour_second DESC NULLS LAST) AS events
        FROM (
          SELECT
            e.hour_second,
            sum(CASE WHEN coalesce(CAST($failures AS BOOLEAN), FALSE) THEN e.failures
              ELSE e.events END) AS events
          FROM hours AS e
          WHERE
-- part: hourly
          GROUP BY e.hour_second
        ) AS h
      ) AS n
      WHERE n.events >= CAST($rows AS BIGINT) + (
        -- Of some the second is known and not the time: they are counted, and sorted behind all others.
        SELECT count(*) FROM events AS u WHERE u.event_time IS NULL AND u.event_second IS NOT NULL)
    )) AND e.event_time IS NOT NULL AND
-- part: scope
  UNION ALL
  SELECT
-- part: activity_columns
  FROM events AS e
  WHERE e.event_time IS NULL AND
-- part: scope
) AS e
LEFT JOIN callers AS b ON b.event_key = e.event_key
