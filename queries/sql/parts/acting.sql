-- acting: who acted from where, for the questions that count that: already counted where no single
-- event has to be looked at, else an event a row. Between since and until.
SELECT
  identity_arn, principal, access_key_id, source_ip_address, aws_region, account_id,
  identity_type, events, writes, failures, first_seen, last_seen
FROM actors
WHERE NOT merged AND CAST($since AS TIMESTAMP) IS NULL AND CAST($until AS TIMESTAMP) IS NULL
UNION ALL
SELECT
  identity_arn, principal, access_key_id, source_ip_address, aws_region, account_id,
  identity_type,
  1 AS events,
  CASE WHEN is_write THEN 1 ELSE 0 END AS writes,
  CASE WHEN outcome <> 'ok' THEN 1 ELSE 0 END AS failures,
  event_time AS first_seen,
  event_time AS last_seen
FROM events
WHERE merged_into IS NULL
  AND NOT (CAST($since AS TIMESTAMP) IS NULL AND CAST($until AS TIMESTAMP) IS NULL)
  AND (CAST($since AS TIMESTAMP) IS NULL OR event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR event_time < CAST($until AS TIMESTAMP))
