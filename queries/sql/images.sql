-- images: every image digest that a push, pull, deployment, scan or other registry event names.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository (VARCHAR);
--   each may be NULL for "any"
-- key: image_digest
SELECT
  i.image_digest,
  min(i.repository) AS repository,
  count(DISTINCT i.repository) AS repositories,
  min(i.tags) AS image_tags,
  CAST(sum(i.pushes) AS BIGINT) AS pushes,
  CAST(sum(i.pulls) AS BIGINT) AS pulls,
  CAST(sum(i.deployed) AS BIGINT) AS deployments,
  count(*) AS mentions,
  max(i.push_key) AS push_key,
  min(i.seen) AS first_seen,
  max(i.seen) AS last_seen
FROM (
  SELECT p.image_digest, p.repository, p.image_tags AS tags, 1 AS pushes, 0 AS pulls,
    0 AS deployed, p.push_key, p.event_time AS seen, p.registry_id AS account, p.aws_region
  FROM pushes AS p WHERE p.outcome = 'ok'
  UNION ALL
  SELECT d.resolved_digest, d.repository, NULL AS tags, 0 AS pushes, 0 AS pulls, 1 AS deployed,
    NULL AS push_key, d.event_time, d.registry_id, d.aws_region
  FROM deployments AS d
  UNION ALL
  SELECT r.image_digest, r.repository, NULL AS tags, 0 AS pushes,
    CASE WHEN r.registry_action = 'pull' AND r.outcome = 'ok' THEN 1 ELSE 0 END AS pulls,
    0 AS deployed, NULL AS push_key, r.event_time, r.registry_id, r.aws_region
  FROM registry_events AS r WHERE r.registry_action <> 'push'
) AS i
WHERE i.image_digest IS NOT NULL
  AND (CAST($since AS TIMESTAMP) IS NULL OR i.seen >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR i.seen < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR i.account = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR i.aws_region = $region)
  AND (CAST($repository AS VARCHAR) IS NULL OR i.repository = $repository)
GROUP BY i.image_digest
