-- push-to-public-gallery: an image went into a public registry
-- sees: a push to ECR Public, where everybody can pull it, by an actor that did so on fewer than a few
--   days.
-- severity: medium
-- technique: T1567
-- needs: pushes
-- benign when: the organisation publishes images there
-- why: {origin} pushed {image_tag} to the public repository {repository}
-- habit_days = 3: somebody who does so on that many days does it as a habit
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, p.repository || ' ' || p.actor AS finding_key
FROM pushed AS p
JOIN events AS e ON e.event_key = p.event_key AND
  -- calls: public_push of e
JOIN (
  SELECT p.actor, count(DISTINCT date_trunc('day', p.event_time)) AS days FROM pushed AS p
  JOIN events AS e ON e.event_key = p.event_key AND
    -- calls: public_push of e
  GROUP BY p.actor
) AS h ON h.actor = p.actor
WHERE p.outcome = 'ok' AND h.days < $habit_days
