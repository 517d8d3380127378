-- tag_history: what each tag of a repository named, from when to when, who put it there, and what
-- ended it.
-- parameters: repository, tag (VARCHAR; each may be NULL for "any")
-- key: push_key, tag
SELECT
  t.since,
  t.repository,
  t.tag,
  t.image_digest,
  t.until,
  t.ended_how,
  p.effect,
  p.origin,
  p.principal,
  p.access_key_id,
  p.via,
  p.source_ip_address,
  p.login_ip,
  p.made_by,
  e.principal AS ended_by,
  coalesce(s.origin, e.principal) AS ended_by_origin,
  t.ended_by AS ended_event,
  p.event_key,
  t.push_key
FROM tag_spans AS t
JOIN pushes AS p ON p.push_key = t.push_key
LEFT JOIN registry_events AS e ON e.event_key = t.ended_by
LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
WHERE (CAST($repository AS VARCHAR) IS NULL OR t.repository = $repository
    OR p.repository_name = $repository)
  AND (CAST($tag AS VARCHAR) IS NULL OR t.tag = $tag)
