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
-- part: acting
) AS a
WHERE a.source_ip_address IS NOT NULL
  AND (CAST($account AS VARCHAR) IS NULL OR a.account_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR a.aws_region = $region)
  AND (CAST($principal AS VARCHAR) IS NULL OR a.identity_arn = $principal
    OR a.principal = $principal)
GROUP BY a.source_ip_address
