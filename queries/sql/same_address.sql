-- same_address: who else acted from the addresses that somebody (and all sessions from it) used.
-- Names that stand for an address, such as those of AWS services, are left out.
-- parameters: value (VARCHAR: origin, principal, role or user ARN, or access key id)
-- key: source_ip_address, identity_arn
SELECT
  o.source_ip_address,
  o.identity_arn,
  max(o.identity_type) AS identity_type,
  max(o.account_id) AS account_id,
  sum(o.events) AS events,
  sum(o.writes) AS writes,
  sum(o.failures) AS failures,
  sum(o.image_puts) AS image_puts,
  count(DISTINCT o.access_key_id) AS sessions,
  min(o.first_seen) AS first_seen,
  max(o.last_seen) AS last_seen,
  max(m.events) AS own_events,
  min(m.first_seen) AS own_first,
  max(m.last_seen) AS own_last
FROM actors AS o
JOIN (
  SELECT a.source_ip_address, sum(a.events) AS events, min(a.first_seen) AS first_seen,
    max(a.last_seen) AS last_seen
  FROM actors AS a
  WHERE a.principal = $value OR a.identity_arn = $value OR a.access_key_id = $value
    OR (a.identity_type = 'FederatedUser' AND a.issuer_arn = $value)
    OR a.access_key_id IN (SELECT s.access_key_id FROM sessions AS s WHERE s.origin = $value)
  GROUP BY a.source_ip_address
) AS m ON m.source_ip_address = o.source_ip_address
WHERE NOT o.merged
  AND (o.source_ip_address LIKE '%:%:%' OR (o.source_ip_address LIKE '%.%.%.%'
    AND lower(o.source_ip_address) = upper(o.source_ip_address)))
  AND o.principal <> $value AND o.identity_arn <> $value
  AND (o.access_key_id IS NULL OR (o.access_key_id <> $value
    AND o.access_key_id NOT IN (SELECT s.access_key_id FROM sessions AS s WHERE s.origin = $value)))
GROUP BY o.source_ip_address, o.identity_arn
