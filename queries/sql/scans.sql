-- scans: what scans found in each image, newest result first known of, and who pushed the image:
-- the pusher by the digest, never the one who read the result.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository,
--   principal (VARCHAR: who pushed), digest (of the image); each may be NULL for "any"
-- key: event_key
SELECT
  n.event_time,
  n.repository,
  n.image_tag,
  n.image_digest,
  n.status,
  n.scan_kind,
  n.critical,
  n.high,
  n.medium,
  n.low,
  n.informational,
  n.untriaged,
  n.undefined,
  n.worst,
  p.origin AS pushed_by,
  p.principal AS pusher,
  p.event_time AS push_time,
  p.image_tags AS pushed_tags,
  p.repository AS pushed_to,
  n.results,
  n.reader,
  n.event_name,
  n.event_key,
  n.push_key
FROM (
  SELECT
    s.event_time, s.repository, s.image_tag, s.image_digest, s.status, s.scan_kind, s.critical,
    s.high, s.medium, s.low, s.informational, s.untriaged, s.undefined, s.worst, s.reader,
    s.event_name, s.event_key, s.push_key,
    count(*) OVER (PARTITION BY s.repository, s.image_digest) AS results,
    row_number() OVER (PARTITION BY s.repository, s.image_digest
      ORDER BY s.event_time DESC NULLS LAST, s.event_key DESC NULLS LAST) AS newest
  FROM scans AS s
  WHERE (CAST($since AS TIMESTAMP) IS NULL OR s.event_time >= CAST($since AS TIMESTAMP))
    AND (CAST($until AS TIMESTAMP) IS NULL OR s.event_time < CAST($until AS TIMESTAMP))
) AS n
JOIN registry_events AS e ON e.event_key = n.event_key
LEFT JOIN pushes AS p ON p.push_key = n.push_key
WHERE n.newest = 1
  AND (CAST($account AS VARCHAR) IS NULL OR e.registry_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR e.aws_region = $region)
  AND (CAST($repository AS VARCHAR) IS NULL OR n.repository = $repository
    OR e.repository_name = $repository)
  AND (CAST($principal AS VARCHAR) IS NULL OR p.principal = $principal OR p.origin = $principal)
  AND (CAST($digest AS VARCHAR) IS NULL OR n.image_digest = $digest)
