-- push_pulls: who pulled the image of a push, by digest, or by one of its tags while the tag
-- named it (until the next push that set the tag).
-- parameters: push_key (BIGINT)
-- key: event_key
SELECT
  e.event_key,
  e.event_time,
  e.principal,
  e.identity_arn,
  e.source_ip_address,
  e.image_tag,
  e.image_digest,
  CASE WHEN e.image_digest = p.image_digest THEN 'by digest' ELSE 'by tag' END AS matched,
  e.outcome,
  e.event_id
FROM events AS e
JOIN pushes AS p ON p.push_key = $push_key
WHERE e.repository = p.repository
  AND e.event_name = 'BatchGetImage'
  AND e.event_time >= p.event_time
  AND (
    e.image_digest = p.image_digest
    OR (
      e.image_tag IS NOT NULL
      AND ' ' || p.image_tags || ' ' LIKE '% ' || e.image_tag || ' %'
      AND NOT EXISTS (
        SELECT 1 FROM pushes AS n
        WHERE n.repository = p.repository AND n.outcome = 'ok' AND n.push_key <> p.push_key
          AND ' ' || n.image_tags || ' ' LIKE '% ' || e.image_tag || ' %'
          AND n.event_time > p.event_time AND n.event_time <= e.event_time
      )
    )
  )
