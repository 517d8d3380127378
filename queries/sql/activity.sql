-- activity: events of one session, access key, principal, origin (the whole chain of sessions
-- behind it), address, repository, or with one value anywhere, in time order.
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
-- key: event_key
SELECT
-- part: activity_row
FROM (
  SELECT
-- part: activity_columns
  FROM events AS e
  WHERE
-- part: scope
  -- a page, unless by: caller, caller_name, caller_time, caller_how, caller_count
) AS e
LEFT JOIN callers AS b ON b.event_key = e.event_key
