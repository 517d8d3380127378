-- activity_count: how many events a scope has: how many rows `activity` has with these parameters.
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
SELECT CAST(coalesce(sum(n.events), 0) AS BIGINT) AS events
FROM (
  SELECT e.events
  FROM called AS e
  WHERE
-- part: is_called
    AND
-- part: called
  UNION ALL
  SELECT 1 AS events
  FROM events AS e
  WHERE NOT (
-- part: is_called
    ) AND
-- part: scope
) AS n
