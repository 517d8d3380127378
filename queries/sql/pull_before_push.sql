-- pull_before_push: the newest pulls of another push's image by whoever made a push, in the day
-- before it: by the same session, or by another session of the same origin.
-- parameters: push_key, other_push (BIGINT: the push whose image was pulled)
-- key: event_key
SELECT DISTINCT
  u.event_key,
  u.event_time,
  u.principal,
  u.origin,
  u.access_key_id,
  u.image_tag,
  u.workload,
  CASE WHEN u.access_key_id = p.access_key_id THEN TRUE ELSE FALSE END AS same_session
FROM pushes AS p
JOIN pulls AS u ON u.origin = p.origin AND u.outcome = 'ok' AND u.event_time <= p.event_time
  AND u.event_time >= p.event_time - INTERVAL '24' HOUR
WHERE p.push_key = $push_key
  AND u.resolved_digest IN (
    SELECT r.image_digest FROM push_records AS r
    WHERE r.push_key = $other_push AND r.part IN ('image', 'index', 'platform'))
