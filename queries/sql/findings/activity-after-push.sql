-- activity-after-push: the one who pushed also reached for more
-- sees: calls outside the registry that gain rights, stay, read secrets, run code or open a way in,
--   near a push by the same origin, and of a kind that its actor did not do before. Refused ones
--   count too.
-- severity: medium
-- technique: T1098
-- needs: pushes, writes
-- benign when: a person who administers both; a new step in a pipeline
-- why: {origin} called {event_name}{target_clause} ({outcome}) {minutes_apart} minutes from its push of
--   {image_tag} to {repository}: {what}
-- hours = 24: how near to the push
SELECT
  f.event_key, f.event_time, f.repository, f.principal, f.origin, f.push_key,
  f.push_key AS push_event, f.event_name, ' on ' || f.target AS target_clause,
  f.outcome, f.minutes_apart, f.image_tag, f.image_digest,
  CASE f.what WHEN 'rights' THEN 'more rights' WHEN 'persistence' THEN 'a way to stay'
    WHEN 'secrets' THEN 'secrets' WHEN 'code' THEN 'running code' ELSE 'a way in' END AS what,
  CASE WHEN f.outcome = 'ok' AND f.what IN ('rights', 'persistence') AND f.nature <> 'job'
      THEN 'high'
    WHEN f.nature = 'job' THEN 'low' ELSE 'medium' END AS severity,
  f.origin || ' ' || f.event_name AS finding_key
FROM (
  SELECT e.event_key, e.event_time, e.event_name, e.target, e.outcome, e.what, e.principal,
    e.origin, p.repository, p.push_key, p.image_tags AS image_tag, p.image_digest, p.nature,
    abs(e.event_second - p.event_second) / 60 AS minutes_apart,
    row_number() OVER (PARTITION BY e.event_key
      ORDER BY abs(e.event_second - p.event_second) NULLS LAST, p.push_key) AS nth
  FROM sensitive AS e
  JOIN pushed AS p ON p.origin = e.origin AND p.outcome = 'ok'
    AND p.event_second BETWEEN e.event_second - $hours * 3600 AND e.event_second + $hours * 3600
  WHERE NOT EXISTS (
    SELECT 1 FROM sensitive AS b WHERE b.actor = e.actor AND b.event_name = e.event_name
      AND b.event_source = e.event_source AND b.event_second < e.event_second - 86400)
) AS f
WHERE f.nth = 1
