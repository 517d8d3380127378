-- pulls_by_image: every tag and digest that was pulled: how often, by how many, and the last pull.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository,
--   principal, digest (VARCHAR: what was pulled); each may be NULL for "any"
-- key: repository, image_tag, resolved_digest
SELECT
  n.repository,
  n.image_tag,
  n.resolved_digest,
  count(*) AS pulls,
  count(DISTINCT n.identity_arn) AS pullers,
  count(DISTINCT n.principal) AS sessions,
  CASE WHEN max(CASE WHEN n.cross_account THEN 1 ELSE 0 END) = 1 THEN TRUE ELSE FALSE END
    AS cross_account,
  min(n.event_time) AS first_pull,
  max(n.event_time) AS last_pull,
  max(CASE WHEN n.newest = 1 THEN n.principal END) AS last_puller,
  max(CASE WHEN n.newest = 1 THEN n.workload END) AS last_workload,
  max(n.push_key) AS push_key,
  max(CASE WHEN n.newest = 1 THEN n.event_key END) AS last_event
FROM (
  SELECT
    u.repository, u.image_tag, u.resolved_digest, u.identity_arn, u.principal, u.cross_account,
    u.event_time, u.event_key, u.workload, u.push_key,
    row_number() OVER (PARTITION BY u.repository, u.image_tag, u.resolved_digest
      ORDER BY u.event_time DESC NULLS LAST, u.event_key DESC NULLS LAST)
        AS newest
  FROM pulls AS u JOIN registry_events AS e ON e.event_key = u.event_key
  WHERE u.outcome = 'ok'
    AND (CAST($since AS TIMESTAMP) IS NULL OR u.event_time >= CAST($since AS TIMESTAMP))
    AND (CAST($until AS TIMESTAMP) IS NULL OR u.event_time < CAST($until AS TIMESTAMP))
    AND (CAST($account AS VARCHAR) IS NULL OR e.registry_id = $account)
    AND (CAST($region AS VARCHAR) IS NULL OR e.aws_region = $region)
    AND (CAST($repository AS VARCHAR) IS NULL OR u.repository = $repository
      OR e.repository_name = $repository)
    AND (CAST($principal AS VARCHAR) IS NULL OR u.principal = $principal
      OR u.identity_arn = $principal OR u.origin = $principal)
    AND (CAST($digest AS VARCHAR) IS NULL OR u.resolved_digest = $digest)
) AS n
GROUP BY n.repository, n.image_tag, n.resolved_digest
