-- login-from-new-address: a registry login from a network new to its actor
-- sees: a registry login by an actor that pushes, from a network from which the actor was never seen a
--   day before, while three networks at most were known. Addresses in a listed network are left out.
-- severity: low
-- technique: T1078
-- needs: reads, learning
-- benign when: somebody travels or works from home, or a build moved to another runner
-- why: {origin} got a registry login from {address}, never seen before; known before:
--   {known:other network}
SELECT
  r.event_key, r.event_time, CAST(NULL AS VARCHAR) AS repository, r.principal, r.origin, r.address,
  k.known, r.actor || ' ' || r.network AS finding_key
FROM registry AS r
JOIN spans AS s ON s.account = r.account AND s.region = r.aws_region
JOIN (
  SELECT r.event_key, count(*) AS known,
    max(CASE WHEN n.value = r.network THEN 1 ELSE 0 END) AS seen_before
  FROM registry AS r
  JOIN seen AS n ON n.actor = r.actor AND n.kind = 'network'
    AND n.first_second <= r.event_second - 86400
  WHERE r.registry_action = 'login' AND r.network IS NOT NULL
  GROUP BY r.event_key
) AS k ON k.event_key = r.event_key
WHERE r.registry_action = 'login' AND r.outcome = 'ok'
  AND r.event_second >= s.learned_second AND k.seen_before = 0 AND k.known BETWEEN 1 AND 3
  AND NOT EXISTS (SELECT 1 FROM listed AS l WHERE l.kind = 'address' AND l.value = r.address)
