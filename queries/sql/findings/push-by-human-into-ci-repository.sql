-- push-by-human-into-ci-repository: a person pushes where only jobs did
-- sees: a push by a person (IAM user, single sign-on, root) to a repository that nine of ten pushes
--   before came to from jobs (OIDC, services, instances) and none from a person.
-- severity: medium
-- technique: T1525
-- needs: pushes, learning
-- benign when: a release made by hand while the pipeline was down
-- why: {origin} pushed {image_tag} to {repository}, which until then got {earlier:push/pushes} and none
--   of them by a person
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, n.earlier_here AS earlier,
  p.repository || ' ' || p.actor AS finding_key
FROM novelty AS n
JOIN pushed AS p ON p.push_key = n.push_key
WHERE n.odd_nature
