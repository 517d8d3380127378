-- images: every image digest that a push, pull, deployment, scan or other registry event names. Pulls
-- by a tag are those of the image that the tag named then, as `pulls` lists them.
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
  CAST(sum(i.mentions) AS BIGINT) AS mentions,
  max(i.push_key) AS push_key,
  min(i.seen) AS first_seen,
  max(i.seen) AS last_seen
FROM (
  SELECT p.image_digest, p.repository, p.image_tags AS tags, 1 AS pushes, 0 AS pulls,
    0 AS deployed, 1 AS mentions, p.push_key, p.event_time AS seen, p.registry_id AS account,
    p.aws_region
  FROM pushes AS p WHERE p.outcome = 'ok'
  UNION ALL
  SELECT d.resolved_digest, d.repository, NULL AS tags, 0 AS pushes, 0 AS pulls, 1 AS deployed,
    1 AS mentions, NULL AS push_key, d.event_time, d.registry_id, d.aws_region
  FROM deployments AS d
  UNION ALL
  SELECT r.image_digest, r.repository, NULL AS tags, 0 AS pushes, 0 AS pulls,
    0 AS deployed, 1 AS mentions, NULL AS push_key, r.event_time, r.registry_id, r.aws_region
  FROM registry_events AS r WHERE r.registry_action <> 'push'
  UNION ALL
  SELECT u.resolved_digest, u.repository, NULL AS tags, 0 AS pushes, 1 AS pulls,
    0 AS deployed, 0 AS mentions, NULL AS push_key, u.event_time,
    -- Looked up only where they are asked for: there may be millions of pulls.
    CAST($account AS VARCHAR) AS account, CAST($region AS VARCHAR) AS aws_region
  FROM pulls AS u
  WHERE u.outcome = 'ok'
    AND (CAST($account AS VARCHAR) IS NULL OR u.event_key IN (
      SELECT e.event_key FROM registry_events AS e WHERE e.registry_id = $account))
    AND (CAST($region AS VARCHAR) IS NULL OR u.event_key IN (
      SELECT e.event_key FROM registry_events AS e WHERE e.aws_region = $region))
) AS i
WHERE i.image_digest IS NOT NULL
  AND (CAST($since AS TIMESTAMP) IS NULL OR i.seen >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR i.seen < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR i.account = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR i.aws_region = $region)
  AND (CAST($repository AS VARCHAR) IS NULL OR i.repository = $repository)
GROUP BY i.image_digest
