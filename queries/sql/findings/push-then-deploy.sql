-- push-then-deploy: pushed an image and made it run
-- sees: an image was put into a service, function or task by the same origin that pushed it, within
--   hours, by somebody who is no job, or who never deployed before. A pipeline that does both every
--   day is not meant.
-- severity: medium
-- technique: T1610
-- needs: pushes, deployments
-- benign when: a release made by hand
-- why: {origin} pushed {image_tag} to {repository} and {minutes_later:minutes} later put it into
--   {deployed} with {event_name}
-- hours = 24: how long after the push the deployment may come
-- habit_days = 2: somebody who deployed on that many days before does it as a habit
SELECT
  d.event_key, d.definition_event, p.push_key, p.event_key AS push_event, d.event_time,
  p.repository, d.principal, p.origin, p.image_tags AS image_tag, p.image_digest, d.deployed,
  d.event_name, CAST(e.event_second - p.event_second AS DOUBLE) / 60 AS minutes_later,
  CASE WHEN p.nature = 'job' THEN 'low' WHEN x.push_key IS NOT NULL THEN 'high' ELSE 'medium' END
    AS severity,
  CAST(p.push_key AS VARCHAR) || ' ' || d.platform AS finding_key
FROM deployments AS d
JOIN events AS e ON e.event_key = d.event_key AND e.event_name = d.event_name
  AND e.registry_action IS NULL
JOIN pushed AS p ON p.push_key = d.push_key AND p.origin = d.origin
  AND e.event_second BETWEEN p.event_second AND p.event_second + $hours * 3600
JOIN (
  SELECT origin, day, row_number() OVER (PARTITION BY origin ORDER BY day NULLS LAST) - 1
    AS days_before
  FROM (
    SELECT DISTINCT origin, date_trunc('day', event_time) AS day FROM deployments
    WHERE outcome = 'ok' AND act IN ('defined', 'deployed', 'ran')
  ) AS deploying
) AS h ON h.origin = d.origin AND h.day = date_trunc('day', d.event_time)
LEFT JOIN (SELECT DISTINCT push_key FROM extensions WHERE by_other OR same_tag) AS x
  ON x.push_key = p.push_key
WHERE d.outcome = 'ok' AND d.act IN ('defined', 'deployed', 'ran')
  AND h.days_before < $habit_days
