-- credential-born-suspicious: the credentials behind a push are young
-- sees: a push whose chain of sessions starts with a long-term key that was made shortly before, or
--   with a user who was made, or whose password was set, shortly before by somebody else.
-- severity: high
-- technique: T1098.001
-- needs: pushes, writes
-- benign when: keys that are rotated, a user who was set up for this
-- why: {origin} pushed {image_tag} to {repository} with {how} by {maker} at {made_time}
-- days = 7: how long before the push that may have been
WITH born AS (
  SELECT p.push_key, k.event_key FROM pushed AS p
  LEFT JOIN sessions AS s ON s.access_key_id = p.access_key_id
  JOIN keys_made AS k ON k.access_key_id = coalesce(s.origin_access_key_id, p.access_key_id)
  WHERE k.kind = 'access key' AND p.outcome = 'ok'
  UNION
  SELECT p.push_key, k.event_key FROM pushed AS p
  JOIN keys_made AS k ON k.user_arn = p.origin
  WHERE (k.kind <> 'access key' OR k.access_key_id IS NULL) AND p.outcome = 'ok'
)
SELECT
  p.event_key, p.push_key, k.event_key AS made_event, p.event_time, p.repository, p.principal,
  p.origin, p.image_tags AS image_tag, p.image_digest, k.event_time AS made_time,
  k.by_origin AS maker,
  CASE WHEN k.kind = 'access key' THEN 'an access key made'
    WHEN k.kind = 'user' THEN 'a user made' ELSE 'a password set' END AS how,
  CASE WHEN k.by_arn = k.user_arn THEN 'low' WHEN k.kind = 'access key' THEN 'high'
    ELSE 'medium' END AS severity,
  p.repository || ' ' || p.origin || ' ' || CAST(k.event_key AS VARCHAR) AS finding_key
FROM born AS b
JOIN pushed AS p ON p.push_key = b.push_key
JOIN keys_made AS k ON k.event_key = b.event_key
WHERE k.event_second BETWEEN p.event_second - $days * 86400 AND p.event_second
