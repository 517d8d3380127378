-- guard-lowered: a protection of the registry was lowered
-- sees: tags, all or some, made mutable, scanning switched off (Inspector's too), a repository's
--   policy or its lifecycle policy taken away, signing taken away, pulls hidden from the pull time,
--   the registry's policy set to govern less, a lifecycle policy that keeps next to nothing (of
--   untagged images it may; of some tags only it weighs less). Refused attempts count too, as medium
--   at most. By an origin that pushed to the registry within a day it weighs more.
-- severity: medium
-- technique: T1562.001
-- needs: writes
-- benign when: planned work on the registry, usually by infrastructure as code
-- why: {origin} {deed}{place_clause} ({result})
-- hours = 24: how near a push of the same origin must be to raise the severity
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, r.deed,
  CASE WHEN r.repository IS NOT NULL THEN ' of ' || r.repository
    ELSE ' of the registry ' || r.registry_id || ' in ' || r.aws_region END
    AS place_clause,
  CASE WHEN r.outcome = 'ok' THEN 'done' ELSE r.outcome END AS result,
  CASE WHEN r.outcome = 'ok' AND count(p.event_key) > 0 THEN 'high'
    WHEN r.harmless THEN 'low'
    ELSE 'medium' END AS severity
FROM (
  SELECT r.event_key, r.event_time, r.event_second, r.repository, r.principal, r.origin, r.outcome,
    coalesce(r.registry_id, r.account) AS registry_id, r.aws_region, f.deed, f.harmless
  FROM registry AS r
  JOIN guards AS f ON f.event_key = r.event_key
  UNION ALL
  SELECT e.event_key, e.event_time, e.event_second, e.repository, e.principal,
    coalesce(s.origin, e.principal) AS origin, e.outcome,
    coalesce(e.recipient_account_id, e.account_id) AS registry_id, e.aws_region,
    'switched off scanning by Inspector' AS deed, FALSE AS harmless
  FROM events AS e LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
  WHERE e.merged_into IS NULL AND e.event_second IS NOT NULL AND
    -- calls: scanning_stopped of e
) AS r
LEFT JOIN pushed AS p ON p.origin = r.origin AND p.registry_id = r.registry_id AND p.nature <> 'job'
  AND p.event_second BETWEEN r.event_second - $hours * 3600 AND r.event_second + $hours * 3600
GROUP BY r.event_key, r.event_time, r.repository, r.principal, r.origin, r.deed, r.registry_id,
  r.aws_region, r.outcome, r.harmless
