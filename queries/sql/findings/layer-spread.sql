-- layer-spread: an added layer shows up in other repositories
-- sees: a layer that was put on top of a known image (see implant-shaped-push), never seen before
--   that, in images pushed to other repositories afterwards.
-- severity: high
-- technique: T1525
-- needs: pushes, manifests
-- benign when: a common layer (an agent, certificates) that is put on all images on purpose
-- why: the layer {layer_digest}, put on top of an image of {from_repository} at {first_time}, is also
--   in {image_tag} of {repository}, pushed by {origin}
WITH added AS (
  SELECT l.layer_digest, p.repository, p.push_key, p.event_second, p.event_time,
    row_number() OVER (PARTITION BY l.layer_digest
      ORDER BY p.event_second NULLS LAST, p.push_key NULLS LAST) AS nth
  FROM extensions AS x
  JOIN pushed AS p ON p.push_key = x.push_key
  JOIN push_layers AS l ON l.push_key = x.push_key AND l.manifest_digest = x.manifest_digest
    AND l.layer_no > x.kept
)
SELECT
  p.event_key, p.push_key, a.push_key AS first_event, p.event_time, p.repository, p.principal,
  p.origin, p.image_tags AS image_tag, p.image_digest, a.layer_digest,
  a.repository AS from_repository, a.event_time AS first_time,
  p.repository || ' ' || a.layer_digest AS finding_key
FROM added AS a
JOIN push_layers AS l ON l.layer_digest = a.layer_digest
JOIN pushed AS p ON p.push_key = l.push_key AND p.repository <> a.repository
  AND p.event_second >= a.event_second AND p.outcome = 'ok'
WHERE a.nth = 1 AND NOT EXISTS (
  SELECT 1 FROM push_layers AS e JOIN pushed AS b ON b.push_key = e.push_key
  WHERE e.layer_digest = a.layer_digest AND b.event_second < a.event_second)
