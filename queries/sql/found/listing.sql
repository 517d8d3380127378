-- listing: findings, story after story (the worst first), each in the order of time.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository, principal,
--   rule, severity (VARCHAR: that severity or worse); each may be NULL for "any"
-- key: finding_id
SELECT
  f.finding_id,
  f.severity,
  f.rule,
  f.title,
  f.event_time,
  f.repository,
  f.origin,
  f.principal,
  f.image_tag,
  f.image_digest,
  f.why,
  f.benign_when,
  f.technique,
  f.story,
  s.headline,
  f.events,
  f.event_ids,
  f.event_addresses,
  f.push_key,
  f.event_key,
  f.severity_rank,
  f.place,
  f.repeat,
  f.repeats
FROM findings AS f
JOIN stories AS s ON s.story = f.story
WHERE (CAST($since AS TIMESTAMP) IS NULL OR f.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR f.event_time < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL
    OR substr(f.repository, 1, length($account) + 1) = $account || '/'
    OR (f.principal LIKE 'arn:%' AND position(':' || $account || ':' IN f.principal) > 0))
  AND (CAST($region AS VARCHAR) IS NULL OR position('/' || $region || '/' IN f.repository) > 0)
  AND (CAST($repository AS VARCHAR) IS NULL OR f.repository = $repository
    OR substr(f.repository, length(f.repository) - length($repository)) = '/' || $repository)
  AND (CAST($principal AS VARCHAR) IS NULL OR f.principal = $principal OR f.origin = $principal)
  AND (CAST($rule AS VARCHAR) IS NULL OR f.rule = $rule)
  AND (CAST($severity AS VARCHAR) IS NULL OR f.severity_rank <= CASE CAST($severity AS VARCHAR)
    WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END)
