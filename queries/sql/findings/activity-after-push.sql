-- activity-after-push: the one who pushed also reached for more
-- sees: calls outside the registry that gain rights, stay, read secrets, run code or open a way in,
--   near a push by the same origin, and of a kind that its actor did not do before. Refused ones
--   count too; ten of a kind in an hour stand for more. Before enough was seen to say what is new, it
--   weighs less.
-- severity: medium
-- technique: T1098
-- needs: pushes, writes
-- benign when: a person who administers both; a new step in a pipeline
-- why: {origin} called {event_name}{target_clause} ({outcome}) {minutes_apart:minutes} from its push of
--   {image_tag} to {repository}: {what}
-- hours = 24: how near to the push
WITH first AS (
  SELECT actor, event_source, event_name, min(event_second) AS first_second
  FROM sensitive GROUP BY actor, event_source, event_name
), fresh AS (
  -- Calls of one kind within an hour are looked at together.
  SELECT e.origin, e.event_source, e.event_name, e.what, e.outcome,
    date_trunc('hour', e.event_time) AS in_hour, min(e.event_key) AS group_key,
    min(e.event_second) AS event_second
  FROM sensitive AS e
  JOIN first AS f ON f.actor = e.actor AND f.event_source = e.event_source
    AND f.event_name = e.event_name
  WHERE f.first_second >= e.event_second - 86400
  GROUP BY e.origin, e.event_source, e.event_name, e.what, e.outcome,
    date_trunc('hour', e.event_time)
), near AS (
  SELECT e.group_key, e.origin, e.event_source, e.event_name, e.what, e.outcome, e.in_hour,
    p.push_key, p.nature, p.event_second < p.learned_second AS unlearned,
    CAST(abs(e.event_second - p.event_second) AS DOUBLE) / 60 AS minutes_apart,
    row_number() OVER (PARTITION BY e.group_key
      ORDER BY abs(e.event_second - p.event_second) NULLS LAST,
        p.push_key NULLS LAST) AS nth
  FROM fresh AS e
  JOIN pushed AS p ON p.origin = e.origin AND p.outcome = 'ok'
    AND p.event_second BETWEEN e.event_second - $hours * 3600 AND e.event_second + $hours * 3600
), calls AS (
  SELECT n.*, e.event_key, e.event_time, e.principal, e.target,
    row_number() OVER (PARTITION BY n.group_key
      ORDER BY e.event_second NULLS LAST, e.event_key NULLS LAST) AS place
  FROM near AS n
  JOIN sensitive AS e ON e.origin = n.origin AND e.event_source = n.event_source
    AND e.event_name = n.event_name AND e.outcome = n.outcome
    AND date_trunc('hour', e.event_time) = n.in_hour
  WHERE n.nth = 1
)
SELECT
  n.event_key, n.event_time, p.repository, n.principal, n.origin, p.push_key,
  p.push_key AS push_event, n.event_name, ' on ' || n.target AS target_clause,
  n.outcome, n.minutes_apart, p.image_tags AS image_tag, p.image_digest,
  CASE n.what WHEN 'rights' THEN 'more rights' WHEN 'persistence' THEN 'a way to stay'
    WHEN 'secrets' THEN 'secrets' WHEN 'code' THEN 'running code' ELSE 'a way in' END AS what,
  CASE WHEN n.nature = 'job' OR n.unlearned THEN 'low'
    WHEN n.outcome = 'ok' AND n.what IN ('rights', 'persistence') THEN 'high'
    ELSE 'medium' END AS severity,
  n.origin || ' ' || n.event_name AS finding_key
FROM calls AS n
JOIN pushed AS p ON p.push_key = n.push_key
WHERE n.place <= 10
