-- addresses: every source address, and the names of services that stand where an address would,
-- with how many principals and keys acted from there.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, principal (VARCHAR);
--   each may be NULL for "any"
-- key: source_ip_address
SELECT
  a.source_ip_address,
  count(DISTINCT a.identity_arn) AS principals,
  min(a.identity_arn) AS one_principal,
  count(DISTINCT a.access_key_id) AS sessions,
  count(DISTINCT a.account_id) AS accounts,
  CAST(sum(a.events) AS BIGINT) AS events,
  CAST(sum(a.writes) AS BIGINT) AS writes,
  CAST(sum(a.failures) AS BIGINT) AS failures,
  min(a.first_seen) AS first_seen,
  max(a.last_seen) AS last_seen
FROM (
  -- Already counted, where no single event has to be looked at.
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
) AS a
WHERE a.source_ip_address IS NOT NULL
  AND (CAST($account AS VARCHAR) IS NULL OR a.account_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR a.aws_region = $region)
  AND (CAST($principal AS VARCHAR) IS NULL OR a.identity_arn = $principal
    OR a.principal = $principal)
GROUP BY a.source_ip_address
