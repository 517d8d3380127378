-- two_principals: what two principals (each with all sessions from it) used, side by side: calls,
-- services, addresses, clients, regions, accounts, repositories and errors, with counts. A call is
-- without the date of its API version.
-- parameters: value, other (VARCHAR: origin, principal, role or user ARN, or access key id)
-- key: kind, thing
WITH scoped AS (
  SELECT 1 AS side, e.event_source, e.plain_name, e.error_code, e.aws_region,
    e.recipient_account_id, e.source_ip_address, e.user_agent, e.repository
  FROM events AS e
  WHERE e.merged_into IS NULL
    AND (e.principal = $value OR e.identity_arn = $value OR e.access_key_id = $value
      OR (e.identity_type = 'FederatedUser' AND e.issuer_arn = $value)
      OR e.access_key_id IN (SELECT s.access_key_id FROM sessions AS s WHERE s.origin = $value))
  UNION ALL
  SELECT 2 AS side, e.event_source, e.plain_name, e.error_code, e.aws_region,
    e.recipient_account_id, e.source_ip_address, e.user_agent, e.repository
  FROM events AS e
  WHERE e.merged_into IS NULL
    AND (e.principal = $other OR e.identity_arn = $other OR e.access_key_id = $other
      OR (e.identity_type = 'FederatedUser' AND e.issuer_arn = $other)
      OR e.access_key_id IN (SELECT s.access_key_id FROM sessions AS s WHERE s.origin = $other))
), named AS (
  SELECT side, 'service' AS kind, event_source AS thing, count(*) AS events
  FROM scoped GROUP BY side, event_source
  UNION ALL
  SELECT side, 'call' AS kind, plain_name AS thing, count(*) AS events
  FROM scoped GROUP BY side, plain_name
  UNION ALL
  SELECT side, 'error' AS kind, error_code AS thing, count(*) AS events
  FROM scoped GROUP BY side, error_code
  UNION ALL
  SELECT side, 'region' AS kind, aws_region AS thing, count(*) AS events
  FROM scoped GROUP BY side, aws_region
  UNION ALL
  SELECT side, 'account' AS kind, recipient_account_id AS thing, count(*) AS events
  FROM scoped GROUP BY side, recipient_account_id
  UNION ALL
  SELECT side, 'address' AS kind, source_ip_address AS thing, count(*) AS events
  FROM scoped GROUP BY side, source_ip_address
  UNION ALL
  SELECT side, 'client' AS kind, user_agent AS thing, count(*) AS events
  FROM scoped GROUP BY side, user_agent
  UNION ALL
  SELECT side, 'repository' AS kind, repository AS thing, count(*) AS events
  FROM scoped GROUP BY side, repository
)
SELECT
  n.kind,
  n.thing,
  sum(CASE WHEN n.side = 1 THEN n.events ELSE 0 END) AS first_events,
  sum(CASE WHEN n.side = 2 THEN n.events ELSE 0 END) AS second_events,
  CASE
    WHEN count(DISTINCT n.side) = 2 THEN 'both'
    WHEN min(n.side) = 1 THEN 'first only'
    ELSE 'second only'
  END AS shared
FROM named AS n
WHERE n.thing IS NOT NULL
GROUP BY n.kind, n.thing
