-- immutable-tag-attempt: refused by a fixed tag, it went in under another
-- sees: a push that an immutable tag refused, and within hours the same image (its topmost layer)
--   pushed by the same origin to the same repository under another tag.
-- severity: high
-- technique: T1525
-- needs: pushes, manifests
-- benign when: a pipeline whose version number was not raised, corrected at once
-- why: {origin} was refused {refused_tag} of {repository}, which is immutable, and {minutes_later:minutes}
--   later pushed the same top layer as {image_tag}
-- hours = 6: how long after the refusal the other push may come
WITH top AS (
  SELECT l.push_key, l.layer_digest FROM (
    SELECT push_key, layer_digest, row_number() OVER (
      PARTITION BY push_key ORDER BY layer_no DESC NULLS LAST, layer_digest NULLS LAST) AS nth
    FROM push_layers
  ) AS l WHERE l.nth = 1
)
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, a.event_key AS attempt_event,
  a.image_tags AS refused_tag,
  CAST(p.event_second - a.event_second AS DOUBLE) / 60 AS minutes_later,
  p.repository || ' ' || p.origin || ' ' || p.image_digest AS finding_key
FROM pushed AS a
JOIN top AS ta ON ta.push_key = a.push_key
JOIN pushed AS p ON p.repository = a.repository AND p.origin = a.origin AND p.outcome = 'ok'
  AND p.event_second BETWEEN a.event_second AND a.event_second + $hours * 3600
  AND p.image_tags <> a.image_tags AND p.effect IN ('new image', 'moved tag')
JOIN top AS tp ON tp.push_key = p.push_key AND tp.layer_digest = ta.layer_digest
WHERE a.error_code LIKE 'ImageTagAlreadyExists%'
