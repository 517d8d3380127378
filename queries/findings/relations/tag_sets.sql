-- tag_sets: each time a push set a tag, with what the tag's history was until then
-- columns: push_key, repository, image_tag, event_second, actor, fresh (the image came into the
--   repository under this tag), moved (the tag named another image), earlier_sets, earlier_fresh
--   (moves of this tag to an image that came under it), earlier_by_actor
SELECT
  t.*,
  count(*) OVER earlier AS earlier_sets,
  count(*) FILTER (WHERE fresh AND moved) OVER earlier AS earlier_fresh,
  count(*) FILTER (WHERE moved AND NOT fresh) OVER earlier AS earlier_known,
  count(*) OVER (PARTITION BY repository, lifetime, image_tag, actor ORDER BY event_second
    RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_by_actor
FROM (
  SELECT p.push_key, p.repository, p.lifetime, p.event_second, p.actor,
    unnest(string_split(p.image_tags, ' ')) AS image_tag,
    p.effect IN ('moved tag', 'moved tag to known image') AS moved,
    -- Tags set within seconds of each other may stand in the log in either order.
    p.effect IN ('new image', 'moved tag') AND NOT EXISTS (
      SELECT 1 FROM pushed AS q WHERE q.repository = p.repository
        AND q.image_digest = p.image_digest AND q.push_key <> p.push_key AND q.outcome = 'ok'
        AND q.actor = p.actor AND q.event_second BETWEEN p.event_second - 300 AND p.event_second + 300
    ) AS fresh
  FROM pushed AS p WHERE p.outcome = 'ok' AND p.image_tags <> '' AND NOT p.artifact
) AS t
WINDOW earlier AS (PARTITION BY repository, lifetime, image_tag ORDER BY event_second
  RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
