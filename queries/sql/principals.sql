-- principals: every role, user and service that acted, with what they did in numbers.
-- Sessions of one role are one line; a session's own line is one key press further.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository,
--   principal (VARCHAR); each may be NULL for "any"
-- key: identity_arn
SELECT
  a.identity_arn,
  max(a.identity_type) AS identity_type,
  max(a.account_id) AS account_id,
  CAST(sum(a.events) AS BIGINT) AS events,
  CAST(sum(a.writes) AS BIGINT) AS writes,
  CAST(sum(a.failures) AS BIGINT) AS failures,
  CAST(sum(a.image_puts) AS BIGINT) AS image_puts,
  max(coalesce(p.pushes, 0)) AS pushes,
  count(DISTINCT a.access_key_id) AS sessions,
  count(DISTINCT a.source_ip_address) AS addresses,
  min(a.first_seen) AS first_seen,
  max(a.last_seen) AS last_seen
FROM (
  -- Already counted, where no single event has to be looked at.
  SELECT
    identity_arn, principal, access_key_id, source_ip_address, aws_region, account_id,
    identity_type, events, writes, failures, image_puts, first_seen, last_seen
  FROM actors
  WHERE NOT merged AND CAST($since AS TIMESTAMP) IS NULL AND CAST($until AS TIMESTAMP) IS NULL
    AND CAST($repository AS VARCHAR) IS NULL
  UNION ALL
  SELECT
    identity_arn, principal, access_key_id, source_ip_address, aws_region, account_id,
    identity_type,
    1 AS events,
    CASE WHEN is_write THEN 1 ELSE 0 END AS writes,
    CASE WHEN outcome <> 'ok' THEN 1 ELSE 0 END AS failures,
    CASE WHEN registry_action = 'push' AND outcome = 'ok' THEN 1 ELSE 0 END AS image_puts,
    event_time AS first_seen,
    event_time AS last_seen
  FROM events
  WHERE merged_into IS NULL
    AND NOT (CAST($since AS TIMESTAMP) IS NULL AND CAST($until AS TIMESTAMP) IS NULL
      AND CAST($repository AS VARCHAR) IS NULL)
    AND (CAST($since AS TIMESTAMP) IS NULL OR event_time >= CAST($since AS TIMESTAMP))
    AND (CAST($until AS TIMESTAMP) IS NULL OR event_time < CAST($until AS TIMESTAMP))
    AND (CAST($repository AS VARCHAR) IS NULL OR repository = $repository
      OR repository_name = $repository)
) AS a
LEFT JOIN (
  SELECT r.identity_arn, count(*) AS pushes
  FROM pushes AS q
  JOIN registry_events AS r ON r.event_key = q.event_key
  WHERE q.outcome = 'ok'
    AND (CAST($since AS TIMESTAMP) IS NULL OR q.event_time >= CAST($since AS TIMESTAMP))
    AND (CAST($until AS TIMESTAMP) IS NULL OR q.event_time < CAST($until AS TIMESTAMP))
    AND (CAST($region AS VARCHAR) IS NULL OR q.aws_region = $region)
    AND (CAST($repository AS VARCHAR) IS NULL OR q.repository = $repository
      OR q.repository_name = $repository)
  GROUP BY r.identity_arn
) AS p ON p.identity_arn = a.identity_arn
WHERE (CAST($account AS VARCHAR) IS NULL OR a.account_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR a.aws_region = $region)
  AND (CAST($principal AS VARCHAR) IS NULL OR a.identity_arn = $principal
    OR a.principal = $principal)
GROUP BY a.identity_arn
