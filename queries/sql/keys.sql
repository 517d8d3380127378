-- keys: every access key, of a user or of one session, with who used it, from how many addresses,
-- who issued it and where its chain of sessions began. Keys that were issued and never used are
-- there with no events (unless a time is given).
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, principal (VARCHAR);
--   each may be NULL for "any"
-- key: access_key_id
SELECT
  k.access_key_id,
  k.principal,
  k.principals,
  k.identity_type,
  k.account_id,
  s.origin,
  coalesce(s.event_name, i.issued_by) AS issued_by,
  coalesce(s.issued_at, i.issued_at) AS issued_at,
  k.events,
  k.writes,
  k.failures,
  k.addresses,
  k.first_seen,
  k.last_seen
FROM (
  SELECT
    a.access_key_id,
    max(a.principal) AS principal,
    count(DISTINCT a.principal) AS principals,
    max(a.identity_type) AS identity_type,
    max(a.account_id) AS account_id,
    CAST(sum(a.events) AS BIGINT) AS events,
    CAST(sum(a.writes) AS BIGINT) AS writes,
    CAST(sum(a.failures) AS BIGINT) AS failures,
    count(DISTINCT a.source_ip_address) AS addresses,
    min(a.first_seen) AS first_seen,
    max(a.last_seen) AS last_seen
  FROM (
-- part: acting
  ) AS a
  WHERE a.access_key_id IS NOT NULL
    AND (CAST($account AS VARCHAR) IS NULL OR a.account_id = $account)
    AND (CAST($region AS VARCHAR) IS NULL OR a.aws_region = $region)
    AND (CAST($principal AS VARCHAR) IS NULL OR a.identity_arn = $principal
      OR a.principal = $principal)
  GROUP BY a.access_key_id
  UNION ALL
  SELECT
    u.access_key_id, max(u.principal) AS principal, 1 AS principals, NULL AS identity_type,
    max(u.account_id) AS account_id, 0 AS events, 0 AS writes, 0 AS failures, 0 AS addresses,
    NULL AS first_seen, NULL AS last_seen
  FROM (
    SELECT i.issued_access_key_id AS access_key_id, i.issued_arn AS principal,
      i.recipient_account_id AS account_id, i.aws_region
    FROM events AS i WHERE i.issued_access_key_id IS NOT NULL AND i.merged_into IS NULL
    UNION ALL
    SELECT n.created_key, coalesce(n.arn, n.name), n.account_id, NULL AS aws_region
    FROM created AS n WHERE n.created_key IS NOT NULL AND n.outcome = 'ok'
  ) AS u
  WHERE CAST($since AS TIMESTAMP) IS NULL AND CAST($until AS TIMESTAMP) IS NULL
    AND (CAST($account AS VARCHAR) IS NULL OR u.account_id = $account)
    AND (CAST($region AS VARCHAR) IS NULL OR u.aws_region = $region)
    AND (CAST($principal AS VARCHAR) IS NULL OR u.principal = $principal)
    AND u.access_key_id NOT IN (
      SELECT b.access_key_id FROM actors AS b WHERE b.access_key_id IS NOT NULL AND NOT b.merged)
  GROUP BY u.access_key_id
) AS k
LEFT JOIN sessions AS s ON s.access_key_id = k.access_key_id
LEFT JOIN (
  SELECT g.access_key_id, min(g.issued_by) AS issued_by, min(g.issued_at) AS issued_at
  FROM (
    SELECT e.issued_access_key_id AS access_key_id, e.event_name AS issued_by,
      e.event_time AS issued_at
    FROM events AS e WHERE e.issued_access_key_id IS NOT NULL AND e.merged_into IS NULL
    UNION ALL
    SELECT c.created_key, c.event_name, c.event_time
    FROM created AS c WHERE c.created_key IS NOT NULL AND c.outcome = 'ok'
  ) AS g
  GROUP BY g.access_key_id
) AS i ON i.access_key_id = k.access_key_id
