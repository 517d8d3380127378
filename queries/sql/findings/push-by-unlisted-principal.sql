-- push-by-unlisted-principal: push by somebody who is not on the list
-- sees: a push by an actor that no entry of `principals` in the configuration names.
-- severity: medium
-- technique: T1525
-- needs: pushes, principals
-- benign when: the list is out of date
-- why: {origin} pushed {image_tag} to {repository} and is not on the list of principals that may
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, p.repository || ' ' || p.actor AS finding_key
FROM pushed AS p
WHERE p.outcome = 'ok'
  AND NOT EXISTS (SELECT 1 FROM listed AS l WHERE l.kind = 'principal' AND l.value = p.actor)
