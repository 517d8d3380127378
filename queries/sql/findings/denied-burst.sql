-- denied-burst: refused again and again, then let in
-- sees: an origin was refused several calls to the registry within an hour, and then one that changes
--   something, or one of those refused, succeeded.
-- severity: medium
-- technique: T1613
-- needs: writes
-- benign when: somebody who works out missing permissions
-- why: {origin} was refused {refused} registry calls between {first_time} and {last_time}, and then
--   {success} succeeded at {success_time}
-- least = 3: how many refusals within the hours
-- hours = 2: within which they must lie, and the success after them
WITH refusals AS (
  SELECT r.event_key, r.event_time, r.event_second, r.event_name, r.origin, r.principal,
    r.repository, count(*) OVER (PARTITION BY r.origin ORDER BY r.event_second NULLS LAST
      RANGE BETWEEN $hours * 3600 PRECEDING AND CURRENT ROW) AS until_now
  FROM registry AS r
  WHERE r.outcome = 'denied' AND r.nature <> 'service'
    AND r.registry_action <> 'login'
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
