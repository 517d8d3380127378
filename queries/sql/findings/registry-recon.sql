-- registry-recon: the registry was looked through
-- sees: many listing calls within an hour by one origin over several repositories, or with several
--   clients. Actors that do so on several days (scanners, inventories) are left out.
-- severity: medium
-- technique: T1613
-- needs: reads
-- benign when: an audit, an inventory, a new dashboard
-- why: {origin} made {calls:listing call} in an hour, about {places:repository/repositories} in
--   {regions:region}, with {clients:kind} of client, {refused} of them refused
-- least_calls = 8: how many calls within the hour
-- least_repositories = 3: over how many repositories
-- least_clients = 3: or with how many kinds of client
-- habit_days = 3: somebody who does so on that many days does it as a habit
WITH calls AS (
  SELECT r.*, date_trunc('hour', r.event_time) AS in_hour
  FROM registry AS r
  WHERE (r.registry_action = 'list' OR r.event_name IN ('DescribeRepositories', 'ListImages', 'DescribeImages',
      'DescribeRegistry', 'GetRepositoryPolicy', 'GetRegistryPolicy', 'GetLifecyclePolicy',
      'ListTagsForResource', 'DescribeImageScanFindings', 'DescribePullThroughCacheRules',
      'GetRegistryScanningConfiguration'))
    AND r.registry_action IS NOT NULL
    AND r.nature <> 'service'
), bursts AS (
  SELECT actor, origin, in_hour, count(*) AS calls, count(DISTINCT repository) AS places,
    count(DISTINCT aws_region) AS regions, count(DISTINCT client) AS clients,
    sum(CASE WHEN outcome = 'denied' THEN 1 ELSE 0 END) AS refused
  FROM calls GROUP BY actor, origin, in_hour
  HAVING count(*) >= $least_calls AND (count(DISTINCT repository) >= $least_repositories
    OR count(DISTINCT client) >= $least_clients)
), habits AS (
  SELECT actor, count(DISTINCT date_trunc('day', in_hour)) AS days FROM bursts GROUP BY actor
)
SELECT
  c.event_key, c.event_time, CAST(NULL AS VARCHAR) AS repository, c.principal, c.origin,
  b.calls, b.places, b.regions, b.clients, b.refused,
  b.origin || ' ' || substr(CAST(b.in_hour AS VARCHAR), 1, 13) AS finding_key
FROM bursts AS b
JOIN habits AS h ON h.actor = b.actor AND h.days < $habit_days
JOIN calls AS c ON c.origin = b.origin AND c.in_hour = b.in_hour AND c.actor = b.actor
