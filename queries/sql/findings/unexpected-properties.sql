-- unexpected-properties: much about a push is new at once
-- sees: how many of these are new about one push: actor, network, client, hour, a person where jobs
--   push, a tag moved in a new way. Three are medium, four high, five or more critical.
-- severity: medium
-- technique: T1525
-- needs: pushes, learning
-- benign when: somebody new does an unusual job from an unusual place; ask
-- why: {count} things about the push of {image_tag} to {repository} by {origin} were never seen
--   before: {what}
-- least = 3: how many it takes
SELECT
  event_key, push_key, login_event, event_time, repository, principal, origin, image_tag,
  image_digest, news AS count, substr(what, 3) AS what,
  CASE WHEN news >= 5 THEN 'critical' WHEN news = 4 THEN 'high' ELSE 'medium' END AS severity,
  repository || ' ' || origin AS finding_key
FROM (
  SELECT
    p.event_key, p.push_key, p.login_event, p.event_time, p.repository, p.principal, p.origin,
    p.image_tags AS image_tag, p.image_digest,
    CASE WHEN n.new_actor THEN 1 ELSE 0 END + CASE WHEN n.new_network THEN 1 ELSE 0 END
      + CASE WHEN n.new_client THEN 1 ELSE 0 END + CASE WHEN n.odd_hour THEN 1 ELSE 0 END
      + CASE WHEN n.odd_nature THEN 1 ELSE 0 END + CASE WHEN n.odd_tag THEN 1 ELSE 0 END AS news,
    CASE WHEN n.new_actor THEN ', who pushed' ELSE '' END
      || CASE WHEN n.odd_nature THEN ', a person and no job' ELSE '' END
      || CASE WHEN n.new_network THEN ', the network of ' || p.address ELSE '' END
      || CASE WHEN n.new_client THEN ', the client ' || p.client ELSE '' END
      || CASE WHEN n.odd_hour THEN ', the hour' ELSE '' END
      || CASE WHEN n.odd_tag THEN ', how the tag was moved' ELSE '' END AS what
  FROM novelty AS n
  JOIN pushed AS p ON p.push_key = n.push_key
) AS f
WHERE news >= $least
