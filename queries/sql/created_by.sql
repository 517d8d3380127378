-- created_by: credentials and principals that somebody (and all sessions from it) made, and ways
-- in that they opened, with what was done through them afterwards; attempts as well.
-- parameters: value (VARCHAR: origin, principal or access key id, or NULL for "any")
-- key: event_key
SELECT
  c.event_time,
  c.kind,
  c.name,
  c.arn,
  c.created_key,
  c.outcome,
  c.error_code,
  c.event_name,
  coalesce(k.uses, i.uses, 0) AS uses,
  coalesce(k.writes, i.writes, 0) AS use_writes,
  coalesce(k.first_use, i.first_use) AS first_use,
  coalesce(k.last_use, i.last_use) AS last_use,
  c.origin,
  c.principal,
  c.access_key_id,
  c.account_id,
  c.event_key
FROM created AS c
LEFT JOIN (
  SELECT v.event_key, count(*) AS uses, sum(CASE WHEN e.is_write THEN 1 ELSE 0 END) AS writes,
    min(e.event_time) AS first_use, max(e.event_time) AS last_use
  FROM created AS v
  JOIN events AS e ON e.access_key_id = v.created_key
  WHERE v.outcome = 'ok' AND e.merged_into IS NULL AND e.event_time >= v.event_time
  GROUP BY v.event_key
) AS k ON k.event_key = c.event_key
LEFT JOIN (
  SELECT v.event_key, count(*) AS uses, sum(CASE WHEN e.is_write THEN 1 ELSE 0 END) AS writes,
    min(e.event_time) AS first_use, max(e.event_time) AS last_use
  FROM created AS v
  JOIN events AS e ON e.identity_arn = v.arn
  WHERE v.outcome = 'ok' AND v.created_key IS NULL AND e.merged_into IS NULL
    AND e.event_time >= v.event_time
  GROUP BY v.event_key
) AS i ON i.event_key = c.event_key
WHERE CAST($value AS VARCHAR) IS NULL OR $value IN (c.origin, c.principal, c.access_key_id)
  OR c.access_key_id IN (SELECT a.access_key_id FROM actors AS a WHERE a.identity_arn = $value)
