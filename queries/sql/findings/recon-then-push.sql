-- recon-then-push: looked around, logged in, pushed
-- sees: the order of a hijack: an origin listed repositories or images in several ways, then got a
--   registry login, then pushed, all within hours; and either never pushed to that repository before,
--   or looked at several repositories.
-- severity: high
-- technique: T1525
-- needs: pushes, reads
-- benign when: somebody who sets up a new pipeline by hand
-- why: {origin} made {calls:listing call} of {kinds:kind} about {places:repository/repositories} from
--   {first_time} on{login_clause} and pushed {image_tag} to {repository}
-- hours = 24: within which looking around and pushing must lie
-- least_kinds = 2: how many different listing calls it takes
-- least_repositories = 3: how many repositories somebody who pushed there before must have looked at
SELECT
  event_key, push_key, login_event, list_event, event_time, repository, principal, origin,
  image_tag, image_digest, calls, kinds, places, first_time, login_time,
  CASE WHEN login_time IS NOT NULL THEN ', got a registry login at '
    || substr(CAST(login_time AS VARCHAR), 1, 19) || ' UTC' ELSE '' END AS login_clause,
  repository || ' ' || origin AS finding_key
FROM (
  SELECT
    p.event_key, p.push_key, p.login_event, p.event_time, p.repository, p.principal, p.origin,
    p.image_tags AS image_tag, p.image_digest, p.login_time, p.actor,
    min(g.event_key) AS list_event, count(*) AS calls, count(DISTINCT g.event_name) AS kinds,
    count(DISTINCT g.repository) AS places, min(g.event_time) AS first_time,
    max(CASE WHEN n.new_actor THEN 1 ELSE 0 END) AS is_new
  FROM pushed AS p
  JOIN registry AS g ON g.origin = p.origin
    AND (g.registry_action = 'list'
      OR g.event_name IN ('DescribeRegistry', 'GetRepositoryPolicy', 'GetRegistryPolicy',
        'google.devtools.artifactregistry.v1.ArtifactRegistry.GetIamPolicy')
      AND g.registry_action = 'read')
    AND g.event_time <= coalesce(p.login_time, p.event_time)
    AND g.event_second >= p.event_second - $hours * 3600
  LEFT JOIN novelty AS n ON n.push_key = p.push_key
  WHERE p.outcome = 'ok' AND p.effect IN ('new image', 'moved tag')
    AND (p.login_event IS NOT NULL OR p.provider <> 'aws')
    AND p.nature <> 'job'
  GROUP BY p.event_key, p.push_key, p.login_event, p.event_time, p.repository, p.principal,
    p.origin, p.image_tags, p.image_digest, p.login_time, p.actor
) AS f
WHERE kinds >= $least_kinds AND (is_new = 1 OR places >= $least_repositories)
