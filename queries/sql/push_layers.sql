-- push_layers: the layers of a push, in order, and whether each was in the image it replaced and
-- where its digest was first seen in this evidence.
-- parameters: push_key (BIGINT)
-- key: manifest_digest, layer_no
SELECT
  l.manifest_digest,
  l.layer_no,
  l.layer_digest,
  l.bytes,
  l.media_type,
  CASE WHEN b.layer_digest IS NOT NULL THEN 'kept'
       WHEN p.previous_push IS NULL THEN ''
       ELSE 'new' END AS against_previous,
  f.first_time,
  f.pushes
FROM push_layers AS l
JOIN pushes AS p ON p.push_key = l.push_key
LEFT JOIN (
  SELECT DISTINCT k.push_key, k.layer_digest
  FROM push_layers AS k
  WHERE k.push_key IN (SELECT x.previous_push FROM pushes AS x WHERE x.push_key = $push_key)
) AS b ON b.push_key = p.previous_push AND b.layer_digest = l.layer_digest
LEFT JOIN (
  SELECT a.layer_digest, min(q.event_time) AS first_time, count(DISTINCT q.push_key) AS pushes
  FROM push_layers AS a JOIN pushes AS q ON q.push_key = a.push_key
  WHERE a.layer_digest IN (
    SELECT y.layer_digest FROM push_layers AS y WHERE y.push_key = $push_key)
  GROUP BY a.layer_digest
) AS f ON f.layer_digest = l.layer_digest
WHERE l.push_key = $push_key
