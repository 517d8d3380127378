-- images-deleted: images were deleted by hand
-- sees: BatchDeleteImage or DeleteRepository by somebody (lifecycle policies are not meant, nor actors
--   that delete on several days as a habit). Of an image that the same
--   origin replaced under its tag, or pushed itself, within a day, it looks like traces being removed.
-- severity: low
-- technique: T1070
-- needs: writes
-- benign when: somebody tidies up
-- why: {origin} deleted {what} of {repository}{trace_clause}
-- hours = 24: how long before the push of the same origin may lie that raises the severity
-- habit_days = 3: somebody who deletes on that many days does it as a habit
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, r.image_digest,
  p.push_event,
  CASE WHEN r.event_name = 'DeleteRepository' THEN 'the whole repository'
    ELSE coalesce(r.image_tag, r.image_digest, 'images') END AS what,
  CASE WHEN p.replaced = 1 THEN ', the image that its own push had replaced'
    WHEN p.own = 1 THEN ', which it had pushed itself within a day' END AS trace_clause,
  CASE WHEN p.replaced = 1 THEN 'high' WHEN p.own = 1 THEN 'medium'
    WHEN r.event_name = 'DeleteRepository' THEN 'medium' ELSE 'low' END AS severity,
  r.repository || ' ' || r.origin || ' ' || CAST(date_trunc('hour', r.event_time) AS VARCHAR)
    AS finding_key
FROM registry AS r
LEFT JOIN (
  SELECT r.event_key, max(p.event_key) AS push_event,
    max(CASE WHEN p.previous_digest = r.image_digest THEN 1 ELSE 0 END) AS replaced,
    max(CASE WHEN p.image_digest = r.image_digest THEN 1 ELSE 0 END) AS own
  FROM registry AS r
  JOIN pushed AS p ON p.repository = r.repository AND p.origin = r.origin AND p.outcome = 'ok'
    AND p.event_second BETWEEN r.event_second - $hours * 3600 AND r.event_second
  WHERE r.event_name IN ('BatchDeleteImage', 'DeleteRepository')
  GROUP BY r.event_key
) AS p ON p.event_key = r.event_key
LEFT JOIN (
  SELECT actor, count(DISTINCT date_trunc('day', event_time)) AS days FROM registry
  WHERE event_name IN ('BatchDeleteImage', 'DeleteRepository') AND outcome = 'ok' GROUP BY actor
) AS h ON h.actor = r.actor
WHERE r.event_name IN ('BatchDeleteImage', 'DeleteRepository') AND r.outcome = 'ok'
  AND r.event_source IN ('ecr.amazonaws.com', 'ecr-public.amazonaws.com')
  AND r.nature <> 'service'
  AND (p.replaced = 1 OR (r.nature <> 'job' AND coalesce(h.days, 0) < $habit_days))
