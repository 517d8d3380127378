-- told: stories, each with its findings below it, for reading from top to bottom.
-- parameters: none
-- key: story, place
SELECT
  s.story, 0 AS place, CAST(NULL AS INTEGER) AS finding_id, s.severity, s.rules AS rule,
  s.headline AS title, s.first_time AS event_time, s.repositories AS repository,
  s.subject AS origin, CAST(NULL AS VARCHAR) AS principal, CAST(NULL AS VARCHAR) AS image_tag,
  CAST(NULL AS VARCHAR) AS image_digest, s.headline AS why, CAST(NULL AS VARCHAR) AS benign_when,
  CAST(NULL AS VARCHAR) AS technique, s.findings AS events, CAST(NULL AS BIGINT) AS push_key,
  CAST(NULL AS BIGINT) AS event_key,
  s.last_time, CAST(NULL AS VARCHAR) AS event_ids
FROM stories AS s
UNION ALL
SELECT
  f.story, f.place, f.finding_id, f.severity, f.rule, f.title, f.event_time, f.repository,
  f.origin, f.principal, f.image_tag, f.image_digest, f.why, f.benign_when, f.technique, f.events,
  f.push_key, f.event_key, CAST(NULL AS TIMESTAMP), f.event_ids
FROM findings AS f
