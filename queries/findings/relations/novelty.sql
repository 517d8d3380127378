-- novelty: what about each push that succeeded was never seen before, judged on what had been seen
--   a day before it (one sitting is not yet a habit)
-- columns: push_key, earlier_here (pushes to the repository), earlier_by_jobs, earlier_by_people,
--   earlier_by_docker, earlier_by_actor (this actor's pushes to it), actor_pushes (to any repository),
--   networks_before, clients_before, new_actor, new_network, new_client, odd_hour, odd_nature (a person
--   where jobs push), odd_tag; each flag is FALSE where too little was seen before
WITH hours AS (
  SELECT repository, weekend, hour, min(event_second) AS first_second
  FROM pushed WHERE outcome = 'ok' GROUP BY repository, weekend, hour
), counted AS (
  SELECT p.push_key, p.repository, p.actor, p.event_second, p.network, p.client, p.nature,
    p.weekend, p.hour, p.learned_second,
    count(*) OVER here AS earlier_here, min(event_second) OVER here AS first_push_second,
    count(*) FILTER (WHERE nature = 'job') OVER here AS earlier_by_jobs,
    count(*) FILTER (WHERE nature = 'person') OVER here AS earlier_by_people,
    count(*) FILTER (WHERE via = 'docker client') OVER here AS earlier_by_docker,
    count(*) OVER (PARTITION BY repository, actor ORDER BY event_second
      RANGE BETWEEN UNBOUNDED PRECEDING AND 86400 PRECEDING) AS earlier_by_actor,
    count(*) OVER (PARTITION BY actor ORDER BY event_second
      RANGE BETWEEN UNBOUNDED PRECEDING AND 86400 PRECEDING) AS actor_pushes
  FROM pushed AS p WHERE p.outcome = 'ok' AND NOT p.artifact
  WINDOW here AS (PARTITION BY repository ORDER BY event_second
    RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), networks AS (
  SELECT c.push_key,
    count(*) FILTER (WHERE s.first_second <= c.event_second - 86400) AS networks_before,
    count(*) FILTER (WHERE s.value = c.network AND s.first_second <= c.event_second - 86400)
      AS network_before
  FROM counted AS c JOIN seen AS s ON s.actor = c.actor AND s.kind = 'network'
  GROUP BY c.push_key
), clients AS (
  SELECT c.push_key,
    count(*) FILTER (WHERE s.first_second <= c.event_second - 86400) AS clients_before,
    count(*) FILTER (WHERE s.value = c.client AND s.first_second <= c.event_second - 86400)
      AS client_before
  FROM counted AS c JOIN seen AS s ON s.actor = c.actor AND s.kind = 'client'
  GROUP BY c.push_key
), usual AS (
  SELECT c.push_key, count(*) AS hours_alike
  FROM counted AS c JOIN hours AS h ON h.repository = c.repository AND h.weekend = c.weekend
    AND least(abs(h.hour - c.hour), 24 - abs(h.hour - c.hour)) <= 2
    AND h.first_second <= c.event_second - 86400
  GROUP BY c.push_key
), tags AS (
  SELECT push_key, bool_or(fresh AND moved AND earlier_fresh = 0 AND earlier_known >= 2) AS odd_tag
  FROM tag_sets GROUP BY push_key
)
SELECT
  c.push_key, c.earlier_here, c.earlier_by_jobs, c.earlier_by_people, c.earlier_by_docker,
  c.earlier_by_actor,
  c.actor_pushes, coalesce(n.networks_before, 0) AS networks_before,
  coalesce(k.clients_before, 0) AS clients_before,
  c.learned AND c.earlier_here >= $habit_pushes AND c.earlier_by_actor = 0 AS new_actor,
  c.learned AND c.network IS NOT NULL AND coalesce(n.networks_before, 0) BETWEEN 1 AND 3
    AND coalesce(n.network_before, 0) = 0 AS new_network,
  c.learned AND c.client <> '' AND coalesce(k.clients_before, 0) BETWEEN 1 AND 3
    AND coalesce(k.client_before, 0) = 0 AS new_client,
  c.learned AND c.earlier_here >= 2 * $habit_pushes AND coalesce(u.hours_alike, 0) = 0
    AND c.event_second - c.first_push_second >= 5 * 86400 AS odd_hour,
  c.learned AND c.earlier_here >= $habit_pushes AND c.nature IN ('person', 'root')
    AND c.earlier_by_people = 0 AND c.earlier_by_jobs >= 0.9 * c.earlier_here AS odd_nature,
  coalesce(t.odd_tag, FALSE) AS odd_tag
FROM (SELECT *, event_second >= learned_second AS learned FROM counted) AS c
LEFT JOIN networks AS n ON n.push_key = c.push_key
LEFT JOIN clients AS k ON k.push_key = c.push_key
LEFT JOIN usual AS u ON u.push_key = c.push_key
LEFT JOIN tags AS t ON t.push_key = c.push_key
