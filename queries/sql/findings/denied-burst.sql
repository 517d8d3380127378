-- denied-burst: refused again and again, then let in
-- sees: an origin was refused several calls to the registry within an hour, and then one that changes
--   something, or one of those refused, succeeded.
-- severity: medium
-- technique: T1613
-- needs: writes
-- benign when: somebody who works out missing permissions
-- why: {origin} was refused {refused:registry call} between {first_time} and {last_time}, and then
--   {success} succeeded at {success_time}
-- least = 3: how many refusals within the hours
-- hours = 2: within which they must lie, and the success after them
WITH refused AS (
  SELECT r.event_key, r.event_time, r.event_second, r.event_name, r.origin, r.principal,
    r.repository
  FROM registry AS r
  WHERE r.outcome = 'denied' AND r.nature <> 'service'
    AND r.registry_action <> 'login'
), counted AS (
  -- How many until a refusal, and how many until the hours before it: a frame of a window takes no
  -- parameter in Spark.
  SELECT m.event_key, m.refusal, sum(m.refusal) OVER (PARTITION BY m.origin
    ORDER BY m.moment NULLS LAST, m.refusal NULLS LAST
    RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far
  FROM (
    SELECT origin, event_key, event_second AS moment, 1 AS refusal FROM refused
    UNION ALL
    SELECT origin, event_key, event_second - $hours * 3600 AS moment, 0 AS refusal FROM refused
  ) AS m
), refusals AS (
  SELECT r.event_key, r.event_time, r.event_second, r.event_name, r.origin, r.principal,
    r.repository, CAST(u.so_far - b.so_far AS BIGINT) AS until_now
  FROM refused AS r
  JOIN counted AS u ON u.event_key = r.event_key AND u.refusal = 1
  JOIN counted AS b ON b.event_key = r.event_key AND b.refusal = 0
), ends AS (
  SELECT origin, event_second, row_number() OVER (PARTITION BY origin
    ORDER BY until_now DESC NULLS LAST, event_second NULLS LAST, event_key NULLS LAST) AS nth,
    until_now
  FROM refusals WHERE until_now >= $least
), successes AS (
  SELECT e.origin, e.event_second, e.until_now, s.event_key, s.event_name, s.event_time,
    row_number() OVER (PARTITION BY e.origin
      ORDER BY s.event_second NULLS LAST, s.event_key NULLS LAST) AS nth
  FROM ends AS e
  JOIN registry AS s ON s.origin = e.origin AND s.outcome = 'ok'
    AND s.event_second BETWEEN e.event_second AND e.event_second + $hours * 3600
  LEFT JOIN (SELECT DISTINCT origin, event_name FROM refusals) AS r
    ON r.origin = s.origin AND r.event_name = s.event_name
  WHERE e.nth = 1 AND (s.is_write OR r.origin IS NOT NULL)
), spread AS (
  SELECT s.origin, min(r.event_time) AS first_time, max(r.event_time) AS last_time
  FROM successes AS s JOIN refusals AS r ON r.origin = s.origin
    AND r.event_second BETWEEN s.event_second - $hours * 3600 AND s.event_second
  WHERE s.nth = 1 GROUP BY s.origin
)
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, s.until_now AS refused,
  d.first_time, d.last_time, s.event_name AS success, s.event_time AS success_time,
  s.event_key AS success_event, r.origin AS finding_key
FROM successes AS s
JOIN spread AS d ON d.origin = s.origin
JOIN refusals AS r ON r.origin = s.origin
  AND r.event_second BETWEEN s.event_second - $hours * 3600 AND s.event_second
WHERE s.nth = 1
