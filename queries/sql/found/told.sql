-- told: stories, each with its findings below it, for reading from top to bottom. What repeats itself
-- within a minute is one line with their number, and the findings below it where it is opened.
-- parameters: since, until (TIMESTAMP, until is exclusive; stories that reach into that time),
--   opened (VARCHAR: story and place of the lines that are opened, as ' 1/4 2/1 ')
-- key: story, place, part
SELECT
  s.story, 0 AS place, 0 AS part, 'story' AS line, CAST(NULL AS INTEGER) AS finding_id, s.severity,
  s.rules AS rule, s.headline AS title, s.first_time AS event_time, s.repositories AS repository,
  s.subject AS origin, CAST(NULL AS VARCHAR) AS principal, CAST(NULL AS VARCHAR) AS image_tag,
  CAST(NULL AS VARCHAR) AS image_digest, s.headline AS why, CAST(NULL AS VARCHAR) AS benign_when,
  CAST(NULL AS VARCHAR) AS technique, s.findings AS events, CAST(NULL AS BIGINT) AS push_key,
  s.event_key, s.last_time, CAST(NULL AS VARCHAR) AS event_ids, s.findings AS repeats,
  CAST(NULL AS VARCHAR) AS event_addresses
FROM stories AS s
WHERE (CAST($since AS TIMESTAMP) IS NULL OR s.last_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR s.first_time < CAST($until AS TIMESTAMP))
UNION ALL
SELECT
  f.story, f.place, 0 AS part, 'repeated' AS line, CAST(NULL AS INTEGER), g.severity, f.rule, f.title,
  f.event_time, f.repository, f.origin, f.principal, f.image_tag, f.image_digest, f.why,
  f.benign_when, f.technique, g.events, f.push_key, f.event_key, g.last_time,
  CAST(NULL AS VARCHAR), f.repeats, f.event_addresses
FROM findings AS f
JOIN (
  SELECT story, place, max(event_time) AS last_time, CAST(sum(events) AS INTEGER) AS events,
    CASE min(severity_rank) WHEN 0 THEN 'critical' WHEN 1 THEN 'high' WHEN 2 THEN 'medium'
      WHEN 3 THEN 'low' ELSE 'info' END AS severity
  FROM findings GROUP BY story, place
) AS g ON g.story = f.story AND g.place = f.place
WHERE f.repeats > 1 AND f.repeat = 1
  AND (CAST($since AS TIMESTAMP) IS NULL OR g.last_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR f.event_time < CAST($until AS TIMESTAMP))
UNION ALL
SELECT
  f.story, f.place, f.repeat AS part, 'finding' AS line, f.finding_id, f.severity, f.rule, f.title,
  f.event_time, f.repository, f.origin, f.principal, f.image_tag, f.image_digest, f.why,
  f.benign_when, f.technique, f.events, f.push_key, f.event_key, CAST(NULL AS TIMESTAMP),
  f.event_ids, f.repeats, f.event_addresses
FROM findings AS f
WHERE (f.repeats = 1
  OR position(' ' || CAST(f.story AS VARCHAR) || '/' || CAST(f.place AS VARCHAR) || ' '
    IN $opened) > 0)
  AND (CAST($since AS TIMESTAMP) IS NULL OR f.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR f.event_time < CAST($until AS TIMESTAMP))
