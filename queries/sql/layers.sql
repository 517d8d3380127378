-- layers: every layer that an image pushed here has, or that was uploaded: in how many images and
-- repositories, and when it was first and last seen.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository (VARCHAR);
--   each may be NULL for "any"
-- key: layer_digest
SELECT
  l.layer_digest,
  max(l.bytes) AS bytes,
  count(DISTINCT l.image_digest) AS images,
  count(DISTINCT l.repository) AS repositories,
  min(l.repository) AS repository,
  CAST(sum(l.uploads) AS BIGINT) AS uploads,
  min(l.seen) AS first_seen,
  max(l.seen) AS last_seen
FROM (
  SELECT n.layer_digest, n.bytes, p.image_digest, p.repository, 0 AS uploads, p.event_time AS seen,
    p.registry_id AS account, p.aws_region
  FROM push_layers AS n
  JOIN pushes AS p ON p.push_key = n.push_key
  UNION ALL
  SELECT r.layer_digest, NULL AS bytes, NULL AS image_digest, r.repository,
    CASE WHEN r.event_name = 'CompleteLayerUpload' AND r.outcome = 'ok' THEN 1 ELSE 0 END,
    r.event_time, r.registry_id, r.aws_region
  FROM registry_events AS r
) AS l
WHERE l.layer_digest IS NOT NULL
  AND (CAST($since AS TIMESTAMP) IS NULL OR l.seen >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR l.seen < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR l.account = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR l.aws_region = $region)
  AND (CAST($repository AS VARCHAR) IS NULL OR l.repository = $repository)
GROUP BY l.layer_digest
