-- pulls-by-stranger: pulls by another account, or of much at once
-- sees: pulls from a registry of the evidence by an account that is neither in the
--   evidence nor on the list of accounts; or one origin pulling from many repositories within an
--   hour, which it does not do on several days. A strange account that pulls on several days is low,
--   whoever of it pulls.
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
  SELECT origin, actor, account_id, in_hour, count(DISTINCT repository) AS places,
    max(strange) AS strange
  FROM pulls GROUP BY origin, actor, account_id, in_hour
  HAVING max(strange) = 1 OR count(DISTINCT repository) >= $least_repositories
), habits AS (
  -- Instances and tasks of a strange account come and go: it is the account that has habits.
  SELECT CASE WHEN strange = 1 THEN account_id ELSE actor END AS who, strange,
    count(DISTINCT date_trunc('day', in_hour)) AS days
  FROM bursts GROUP BY CASE WHEN strange = 1 THEN account_id ELSE actor END, strange
)
SELECT
  p.event_key, p.event_time, p.repository, p.principal, p.origin, p.account_id AS account, b.places,
  CASE WHEN b.strange = 1 THEN ', and that account is none of ours' ELSE '' END AS stranger,
  CASE WHEN b.strange = 1 AND h.days >= $habit_days THEN 'low' ELSE 'medium' END AS severity,
  CASE WHEN b.strange = 1 THEN p.account_id || ' stranger'
    ELSE b.origin || ' ' || substr(CAST(b.in_hour AS VARCHAR), 1, 13) END AS finding_key
FROM bursts AS b
JOIN habits AS h ON h.strange = b.strange
  AND h.who = CASE WHEN b.strange = 1 THEN b.account_id ELSE b.actor END
  AND (b.strange = 1 OR h.days < $habit_days)
JOIN pulls AS p ON p.origin = b.origin AND p.in_hour = b.in_hour AND p.actor = b.actor
  AND coalesce(p.account_id, '') = coalesce(b.account_id, '')
