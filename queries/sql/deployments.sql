-- deployments: every call that made a platform run an image, one row for each image: what, where,
-- which push the image came from, and whether its tag was moved while it ran.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository,
--   principal, digest (VARCHAR: of the image); each may be NULL for "any". Account and region are the registry's.
-- key: deployment_no
SELECT
  d.deployment_no,
  d.event_time,
  d.platform,
  d.act,
  d.deployed,
  d.definition,
  d.container,
  d.image,
  d.repository,
  d.image_tag,
  d.image_digest,
  d.matched,
  d.resolved_digest,
  p.event_time AS push_time,
  p.origin AS pushed_by,
  p.effect,
  CASE WHEN d.lasting AND d.outcome = 'ok' AND d.until IS NULL THEN TRUE ELSE FALSE END
    AS still_referenced,
  d.until,
  d.ended_how,
  m.since AS tag_moved,
  m.image_digest AS tag_moved_to,
  m.principal AS tag_moved_by,
  m.push_key AS tag_moved_push,
  d.upstream,
  d.outcome,
  d.error_code,
  d.origin,
  d.principal,
  d.access_key_id,
  d.account_id,
  d.event_region,
  d.event_name,
  d.event_key,
  d.definition_event,
  d.push_key
FROM deployments AS d
LEFT JOIN pushes AS p ON p.push_key = d.push_key
LEFT JOIN (
  SELECT v.deployment_no, t.since, t.image_digest, t.push_key, q.origin AS principal,
    row_number() OVER (PARTITION BY v.deployment_no
      ORDER BY t.since NULLS LAST, t.push_key NULLS LAST) AS nth
  FROM deployments AS v
  JOIN tag_spans AS t ON t.repository = v.repository AND t.tag = v.image_tag
    AND t.since > v.event_time AND (v.until IS NULL OR t.since < v.until)
  JOIN pushes AS q ON q.push_key = t.push_key
  WHERE v.lasting AND v.outcome = 'ok' AND v.image_digest IS NULL
    AND t.image_digest <> coalesce(v.resolved_digest, '')
) AS m ON m.deployment_no = d.deployment_no AND m.nth = 1
WHERE (CAST($since AS TIMESTAMP) IS NULL OR d.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR d.event_time < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR d.registry_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR d.aws_region = $region)
  AND (CAST($repository AS VARCHAR) IS NULL OR d.repository = $repository
    OR d.repository_name = $repository)
  AND (CAST($principal AS VARCHAR) IS NULL OR d.principal = $principal OR d.origin = $principal)
  AND (CAST($digest AS VARCHAR) IS NULL OR d.resolved_digest = $digest)
