-- pulls-by-stranger: pulls by another account, or of much at once
-- sees: pulls from a registry of the evidence by an account that is neither in the
--   evidence nor on the list of accounts; or one origin pulling from many repositories within an
--   hour, which it does not do on several days.
-- severity: medium
-- technique: T1213
-- needs: reads
-- benign when: a partner's account, a migration, a backup of the registry
-- why: {origin} of account {account} pulled from {places} of our repositories within an hour{stranger}
-- least_repositories = 10: how many repositories within an hour are many
-- habit_days = 3: somebody who does so on that many days does it as a habit
WITH pulls AS (
  SELECT r.*, date_trunc('hour', r.event_time) AS in_hour,
    CASE WHEN r.account_id NOT IN (
        SELECT l.value FROM listed AS l WHERE l.kind IN ('account', 'own account'))
      AND r.registry_id IN (SELECT l.value FROM listed AS l WHERE l.kind = 'own account')
      THEN 1 ELSE 0 END AS strange
  FROM registry AS r
  WHERE r.registry_action = 'pull' AND r.outcome = 'ok' AND r.nature <> 'service'
), bursts AS (
  SELECT origin, actor, in_hour, count(DISTINCT repository) AS places, max(strange) AS strange
  FROM pulls GROUP BY origin, actor, in_hour
  HAVING max(strange) = 1 OR count(DISTINCT repository) >= $least_repositories
), habits AS (
  SELECT actor, count(DISTINCT date_trunc('day', in_hour)) AS days FROM bursts GROUP BY actor
)
SELECT
  p.event_key, p.event_time, p.repository, p.principal, p.origin, p.account_id AS account, b.places,
  CASE WHEN b.strange = 1 THEN ', and that account is none of ours' ELSE '' END AS stranger,
  b.origin || ' ' || CASE WHEN b.strange = 1 THEN 'stranger'
    ELSE substr(CAST(b.in_hour AS VARCHAR), 1, 13) END AS finding_key
FROM bursts AS b
JOIN habits AS h ON h.actor = b.actor AND (b.strange = 1 OR h.days < $habit_days)
JOIN pulls AS p ON p.origin = b.origin AND p.in_hour = b.in_hour AND p.actor = b.actor
