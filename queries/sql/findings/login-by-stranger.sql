-- login-by-stranger: a login by somebody new, and then nothing
-- sees: a registry login (GetAuthorizationToken) by an actor not seen at the registry before the last
--   day, who neither pulled nor pushed in the 12 hours that it lasts: a token taken along.
-- severity: low
-- technique: T1528
-- needs: reads, learning
-- benign when: a check whether a login works, or a pull from another registry
-- why: {origin} got a registry login from {address} at {event_time}, was never seen at the registry
--   before, and neither pulled nor pushed in the 12 hours after
WITH known AS (
  SELECT actor, min(event_second) AS first_second FROM registry GROUP BY actor
), strangers AS (
  -- First those who are new: of everybody else there are a hundred times as many logins.
  SELECT
    r.event_key, r.event_time, r.event_second, r.principal, r.origin, r.address, r.actor
  FROM registry AS r
  JOIN spans AS s ON s.account = r.account AND s.region = r.aws_region
  LEFT JOIN known AS k ON k.actor = r.actor
  WHERE r.registry_action = 'login' AND r.outcome = 'ok'
    AND r.event_second >= s.learned_second AND r.event_second + 43200 <= s.last_second
    AND r.nature <> 'service'
    AND (k.first_second IS NULL OR k.first_second >= r.event_second - 86400)
)
SELECT
  r.event_key, r.event_time, CAST(NULL AS VARCHAR) AS repository, r.principal, r.origin,
  coalesce(r.address, 'no recorded address') AS address, r.actor AS finding_key
FROM strangers AS r
WHERE NOT EXISTS (SELECT 1 FROM registry AS a WHERE a.actor = r.actor
    AND a.registry_action IN ('pull', 'push')
    AND a.event_second BETWEEN r.event_second AND r.event_second + 43200)
