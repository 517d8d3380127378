-- push-outside-hours: push outside working hours
-- sees: a push outside the working hours of the configuration; where it has none, a push at an hour
--   at which the repository was never pushed to in five days or more (two hours earlier or later
--   count as the same, working days and weekends do not).
-- severity: low
-- technique: T1525
-- needs: pushes
-- benign when: a scheduled job, a night release, people in another time zone
-- why: {origin} pushed {image_tag} to {repository} on {local_day} at {local_clock}, {habit}
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest,
  CASE p.day WHEN 1 THEN 'a Monday' WHEN 2 THEN 'a Tuesday' WHEN 3 THEN 'a Wednesday'
    WHEN 4 THEN 'a Thursday' WHEN 5 THEN 'a Friday' WHEN 6 THEN 'a Saturday' ELSE 'a Sunday' END
    AS local_day,
  CASE WHEN p.hour < 10 THEN '0' ELSE '' END || CAST(p.hour AS VARCHAR) || ':'
    || CASE WHEN p.minute_of_day - 60 * p.hour < 10 THEN '0' ELSE '' END
    || CAST(p.minute_of_day - 60 * p.hour AS VARCHAR) || ' ' || CAST($time_zone AS VARCHAR)
    AS local_clock,
  CASE WHEN $work_from < 0 THEN 'when nobody had pushed to it before, in '
      || CAST(n.earlier_here AS VARCHAR) || ' pushes'
    ELSE 'outside the working hours of the configuration' END AS habit,
  p.repository || ' ' || p.actor || ' ' || substr(CAST(p.event_time AS VARCHAR), 1, 10)
    AS finding_key
FROM pushed AS p
JOIN novelty AS n ON n.push_key = p.push_key
WHERE CASE WHEN $work_from < 0 THEN n.odd_hour
  ELSE p.nature <> 'job' AND NOT (
    p.minute_of_day >= $work_from AND p.minute_of_day < $work_until
    AND position(CAST(p.day AS VARCHAR) IN CAST($work_days AS VARCHAR)) > 0) END
