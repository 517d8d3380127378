-- layer_history: where a layer was first seen and where it went: every push whose image has it,
-- and every upload, check and download of it, in order of time.
-- parameters: layer (VARCHAR: the digest)
-- key: event_key, what
SELECT
  p.event_time,
  'in an image' AS what,
  p.repository,
  p.image_tags AS image_tag,
  p.image_digest,
  min(l.layer_no) AS layer_no,
  max(n.layers) AS layers,
  p.effect,
  p.origin,
  p.principal,
  p.access_key_id,
  p.outcome,
  p.event_key,
  p.push_key
FROM push_layers AS l
JOIN pushes AS p ON p.push_key = l.push_key
JOIN (
  SELECT push_key, manifest_digest, max(layer_no) AS layers FROM push_layers
  GROUP BY push_key, manifest_digest
) AS n ON n.push_key = l.push_key AND n.manifest_digest = l.manifest_digest
WHERE l.layer_digest = $layer
GROUP BY p.event_time, p.repository, p.image_tags, p.image_digest, p.effect, p.origin, p.principal,
  p.access_key_id, p.outcome, p.event_key, p.push_key
UNION ALL
SELECT
  e.event_time,
  CASE e.event_name
    WHEN 'CompleteLayerUpload' THEN 'uploaded'
    WHEN 'GetDownloadUrlForLayer' THEN 'downloaded'
    WHEN 'BatchCheckLayerAvailability' THEN 'looked for'
    ELSE CASE e.registry_action WHEN 'upload' THEN 'uploaded' WHEN 'download' THEN 'downloaded'
      WHEN 'check' THEN 'looked for' ELSE e.event_name END
  END AS what,
  e.repository,
  NULL AS image_tag,
  NULL AS image_digest,
  NULL AS layer_no,
  NULL AS layers,
  NULL AS effect,
  coalesce(s.origin, e.principal) AS origin,
  e.principal,
  e.access_key_id,
  e.outcome,
  e.event_key,
  NULL AS push_key
FROM registry_events AS e
LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
WHERE e.layer_digest = $layer
