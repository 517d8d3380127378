-- push_pulls: who pulled the image of a push, by digest, or by one of its tags while the tag
-- named it, and as what kind of workload.
-- parameters: push_key (BIGINT)
-- key: event_key
SELECT
  u.event_key,
  min(u.event_time) AS event_time,
  min(u.principal) AS principal,
  min(u.identity_arn) AS identity_arn,
  min(u.source_ip_address) AS source_ip_address,
  min(u.image_tag) AS image_tag,
  min(u.image_digest) AS image_digest,
  min(CASE WHEN u.image_digest IS NOT NULL THEN 'by digest' ELSE 'by tag' END) AS matched,
  min(u.outcome) AS outcome,
  min(e.event_id) AS event_id,
  min(u.workload) AS workload
FROM pulls AS u
JOIN pushes AS p ON p.push_key = $push_key AND p.repository = u.repository
JOIN events AS e ON e.event_key = u.event_key
WHERE u.event_time >= p.event_time
  AND u.resolved_digest IN (
    SELECT r.image_digest FROM push_records AS r
    WHERE r.push_key = $push_key AND r.part IN ('image', 'index', 'platform'))
GROUP BY u.event_key
