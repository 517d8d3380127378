-- keys_made: long-term keys, passwords and users that were made or changed, and for whom
-- columns: event_key, event_time, event_second, event_name, kind (access key, console password,
--   user), access_key_id (of a new key), user_arn (whom it is for), by_arn (who did it), by_origin
SELECT c.event_key, c.event_time, e.event_second, c.event_name, c.kind,
  c.created_key AS access_key_id, c.arn AS user_arn, c.principal AS by_arn, c.origin AS by_origin
FROM created AS c JOIN events AS e ON e.event_key = c.event_key
WHERE c.outcome = 'ok' AND c.kind IN ('access key', 'console password', 'user')
  AND e.plain_name <> 'UpdateAccessKey' AND e.event_second IS NOT NULL
