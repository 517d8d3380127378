-- push-by-root: the root user pushes
-- sees: a push, tried or done, by the root user of an account.
-- severity: high
-- technique: T1078.004
-- needs: pushes
-- benign when: almost never; root has no business in a registry
-- why: {origin} pushed {image_tag} to {repository} ({outcome})
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, p.outcome
FROM pushed AS p
WHERE p.nature = 'root'
