-- push-by-direct-call: an image was put together without docker
-- sees: a new image put with a direct call of the API, in a repository where that is not usual; tags
--   that are put on images already there are not meant.
-- severity: low
-- technique: T1525
-- needs: pushes
-- benign when: a build tool that speaks to the API itself
-- why: {origin} put {image_tag} into {repository} with a direct call from {address} ({user_agent}),
--   while {docker} of {earlier:push/pushes} before came from docker clients
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, p.address, p.user_agent, h.docker, h.earlier,
  p.repository || ' ' || p.actor AS finding_key
FROM pushed AS p
JOIN (
  SELECT p.push_key, n.earlier_here AS earlier, n.earlier_by_docker AS docker
  FROM pushed AS p JOIN novelty AS n ON n.push_key = p.push_key
) AS h ON h.push_key = p.push_key
WHERE p.outcome = 'ok' AND p.via = 'API call' AND p.effect IN ('new image', 'moved tag')
  AND NOT p.artifact AND h.docker >= $habit_pushes AND h.docker >= 0.9 * h.earlier
