-- pulled-then-pushed: pulled an image and pushed it back changed
-- sees: an origin pulled from a repository and then pushed a new image to it: one that is built on
--   top of an image of the repository, or as somebody who never pushed there. Pipelines that pull
--   their own last image as a cache do neither.
-- severity: medium
-- technique: T1525
-- needs: pushes, reads
-- benign when: a fix made by hand on top of the released image
-- why: {origin} pulled {pulled} of {repository} at {pull_time} and {minutes_later:minutes} later
--   pushed {image_tag} to it, {how}
-- hours = 12: how long after the pull the push may come
SELECT
  event_key, push_key, pull_event, event_time, repository, principal, origin, image_tag,
  image_digest, pulled, pull_time, minutes_later, how,
  CASE WHEN extends THEN 'high' ELSE 'medium' END AS severity,
  repository || ' ' || origin || ' ' || coalesce(image_digest, '') AS finding_key
FROM (
  SELECT
    p.event_key, p.push_key, g.event_key AS pull_event, p.event_time, p.repository, p.principal,
    p.origin, p.image_tags AS image_tag, p.image_digest,
    coalesce(g.image_tag, g.image_digest, 'an image') AS pulled, g.event_time AS pull_time,
    CAST(p.event_second - g.event_second AS DOUBLE) / 60 AS minutes_later,
    x.push_key IS NOT NULL AS extends,
    CASE WHEN x.push_key IS NOT NULL THEN 'built on top of an image of the repository'
      ELSE 'as somebody who never pushed there' END AS how,
    row_number() OVER (PARTITION BY p.push_key ORDER BY g.event_second DESC NULLS LAST,
      g.event_key NULLS LAST) AS nth
  FROM pushed AS p
  JOIN registry AS g ON g.repository = p.repository AND g.origin = p.origin
    AND g.registry_action = 'pull' AND g.outcome = 'ok'
    AND g.event_second BETWEEN p.event_second - $hours * 3600 AND p.event_second
  LEFT JOIN novelty AS n ON n.push_key = p.push_key
  LEFT JOIN (SELECT DISTINCT push_key FROM extensions WHERE same_tag OR by_other) AS x
    ON x.push_key = p.push_key
  WHERE p.outcome = 'ok' AND p.effect IN ('new image', 'moved tag') AND NOT p.artifact
    AND (x.push_key IS NOT NULL OR n.new_actor)
) AS f
WHERE nth = 1
