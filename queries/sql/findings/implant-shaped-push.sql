-- implant-shaped-push: a known image with more layers on top
-- sees: an image that keeps every layer of an earlier image of its repository, in its order, and
--   adds layers on top: what `docker commit`, or a build that starts from the image itself, makes.
--   An ordinary build replaces the upper layers. In the place of that image under its tag it weighs
--   more, and most by another actor than the one who pushed the image before.
-- severity: medium
-- technique: T1525
-- needs: pushes, manifests
-- benign when: a Dockerfile that got one more instruction at its end, or stages of one build that
--   are pushed to one repository
-- why: {origin} pushed {image_tag} to {repository}: all {kept:layer} of {base_digest} (pushed by
--   {base_principal} at {base_time}) in their order, and {added} more on top; {place}
SELECT
  p.event_key, p.push_key, x.base_push AS base_event, p.event_time, p.repository, p.principal,
  p.origin, p.image_tags AS image_tag, p.image_digest, x.kept, x.added, x.base_digest,
  x.base_principal, x.base_time,
  CASE WHEN x.same_tag THEN 'it took the place of that image' ELSE 'under another tag' END
    || CASE WHEN x.by_other THEN ', by somebody else' ELSE ', by the same actor' END AS place,
  CASE WHEN x.same_tag AND x.by_other AND p.event_second >= p.learned_second THEN 'critical'
    WHEN x.by_other THEN 'high' WHEN x.same_tag THEN 'medium' ELSE 'low' END AS severity,
  CAST(p.push_key AS VARCHAR) AS finding_key
FROM extensions AS x
JOIN pushed AS p ON p.push_key = x.push_key
