-- push_records: the records a push consists of: its PutImage records (index, platforms,
-- attestations, signatures) and the layer calls folded under it (same access key and repository,
-- after that key's previous PutImage there, within the 12 hours of a registry login).
-- parameters: push_key (BIGINT)
-- key: event_key
SELECT
  e.event_key,
  e.event_time,
  r.part,
  e.event_name,
  e.image_tag,
  e.image_digest,
  e.layer_digest,
  e.outcome,
  e.error_code,
  e.source_ip_address,
  e.event_id
FROM push_records AS r
JOIN events AS e ON e.event_key = r.event_key
WHERE r.push_key = $push_key
UNION ALL
SELECT
  e.event_key,
  e.event_time,
  'layer' AS part,
  e.event_name,
  e.image_tag,
  e.image_digest,
  e.layer_digest,
  e.outcome,
  e.error_code,
  e.source_ip_address,
  e.event_id
FROM events AS e
JOIN pushes AS p ON p.push_key = $push_key
WHERE e.repository = p.repository
  AND e.registry_action IN ('check', 'upload')
  AND coalesce(e.access_key_id, e.principal) = coalesce(p.access_key_id, p.principal)
  AND e.event_time <= p.event_time
  AND e.event_time >= p.event_time - INTERVAL '12' HOUR
  AND e.event_time > coalesce((
    SELECT max(x.event_time) FROM events AS x
    WHERE x.repository = p.repository AND x.registry_action = 'push'
      AND coalesce(x.access_key_id, x.principal) = coalesce(p.access_key_id, p.principal)
      AND x.event_time < p.event_time
      AND x.event_key NOT IN (
        SELECT k.event_key FROM push_records AS k WHERE k.push_key = $push_key)
  ), p.event_time - INTERVAL '12' HOUR)
