-- scan-findings: a scan found serious weaknesses in an image
-- sees: the answer to DescribeImageScanFindings counts CRITICAL or HIGH weaknesses. It is told of the
--   push that brought the image and of who pushed it, not of who read the answer.
-- severity: low
-- technique: T1204.003
-- needs: reads
-- benign when: known weaknesses that were accepted, or come with the base image
-- why: the image {image_tag} of {repository} has {critical} critical and {high} high
--   weaknesses; pushed by {pusher}
SELECT
  s.event_key, coalesce(p.event_time, r.event_time) AS event_time, s.repository,
  coalesce(p.principal, '(not in the evidence)') AS principal, p.origin, p.push_key,
  p.push_key AS push_event, coalesce(p.image_tags, s.image_tag, s.image_digest) AS image_tag,
  s.image_digest, s.critical, s.high,
  coalesce(p.origin, p.principal) AS pusher,
  CASE WHEN s.critical > 0 THEN 'medium' ELSE 'low' END AS severity,
  s.repository || ' ' || coalesce(s.image_digest, s.image_tag) AS finding_key
FROM scans AS s
JOIN registry AS r ON r.event_key = s.event_key
LEFT JOIN (
  SELECT p.*, row_number() OVER (PARTITION BY repository, image_digest
    ORDER BY event_second NULLS LAST, push_key NULLS LAST) AS nth
  FROM pushed AS p WHERE p.outcome = 'ok'
) AS p ON p.repository = s.repository AND p.image_digest = s.image_digest AND p.nth = 1
WHERE s.critical > 0 OR s.high > 0
