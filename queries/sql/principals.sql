-- principals: every role, user and service that acted, with what they did in numbers.
-- Sessions of one role are one line; a session's own line is one key press further.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository,
--   principal (VARCHAR); each may be NULL for "any"
-- key: identity_arn
SELECT
  e.identity_arn,
  max(e.identity_type) AS identity_type,
  max(e.account_id) AS account_id,
  count(*) AS events,
  sum(CASE WHEN e.is_write THEN 1 ELSE 0 END) AS writes,
  sum(CASE WHEN e.outcome <> 'ok' THEN 1 ELSE 0 END) AS failures,
  sum(CASE WHEN e.event_name = 'PutImage' AND e.event_source = 'ecr.amazonaws.com'
    AND e.outcome = 'ok' THEN 1 ELSE 0 END) AS image_puts,
  count(DISTINCT e.access_key_id) AS sessions,
  count(DISTINCT e.source_ip_address) AS addresses,
  min(e.event_time) AS first_seen,
  max(e.event_time) AS last_seen
FROM events AS e
WHERE e.merged_into IS NULL
  AND (CAST($since AS TIMESTAMP) IS NULL OR e.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR e.event_time < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR e.account_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR e.aws_region = $region)
  AND (CAST($repository AS VARCHAR) IS NULL OR e.repository = $repository
    OR e.repository_name = $repository)
  AND (CAST($principal AS VARCHAR) IS NULL OR e.identity_arn = $principal
    OR e.principal = $principal)
GROUP BY e.identity_arn
