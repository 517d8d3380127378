-- repositories: every repository that a registry event names, with who pushed to it and when.
-- A push counts once however many records it has; copies made by a service (replication,
-- pull-through cache) are no pushes; an attempt is a PutImage that failed.
-- pulls are images, as `pulls` lists them: one call may ask for several.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository,
--   principal (VARCHAR); each may be NULL for "any"
-- key: repository
SELECT
  r.repository,
  r.registry_id,
  r.aws_region,
  r.repository_name,
  coalesce(p.pushes, 0) AS pushes,
  coalesce(p.attempts, 0) AS attempts,
  coalesce(u.pulls, 0) AS pulls,
  coalesce(p.pushers, 0) AS pushers,
  coalesce(p.service_images, 0) AS service_images,
  coalesce(p.tag_moves, 0) AS tag_moves,
  coalesce(p.incomplete, 0) AS incomplete,
  p.first_push,
  p.last_push,
  l.principal AS last_pusher,
  l.origin AS last_origin,
  l.image_tags AS last_tags,
  r.events,
  r.last_event
FROM (
  SELECT
    coalesce(g.repository, '(repository unknown)') AS repository,
    max(g.registry_id) AS registry_id,
    max(g.aws_region) AS aws_region,
    max(g.repository_name) AS repository_name,
    CAST(sum(g.events) AS BIGINT) AS events,
    max(g.last_event) AS last_event
  FROM (
    -- By whole values first: that is many times faster than to compare those of every event.
    SELECT
      repository, registry_id, aws_region, repository_name,
      count(*) AS events,
      max(event_time) AS last_event
    FROM registry_events
    WHERE (repository IS NOT NULL
        OR (registry_action = 'push'))
      AND (CAST($since AS TIMESTAMP) IS NULL OR event_time >= CAST($since AS TIMESTAMP))
      AND (CAST($until AS TIMESTAMP) IS NULL OR event_time < CAST($until AS TIMESTAMP))
      AND (CAST($account AS VARCHAR) IS NULL OR registry_id = $account)
      AND (CAST($region AS VARCHAR) IS NULL OR aws_region = $region)
      AND (CAST($repository AS VARCHAR) IS NULL OR repository = $repository
        OR repository_name = $repository)
    GROUP BY repository, registry_id, aws_region, repository_name
  ) AS g
  GROUP BY coalesce(g.repository, '(repository unknown)')
) AS r
LEFT JOIN (
  SELECT repository, count(*) AS pulls
  FROM pulls
  WHERE outcome = 'ok'
    AND (CAST($since AS TIMESTAMP) IS NULL OR event_time >= CAST($since AS TIMESTAMP))
    AND (CAST($until AS TIMESTAMP) IS NULL OR event_time < CAST($until AS TIMESTAMP))
  GROUP BY repository
) AS u ON u.repository = r.repository
LEFT JOIN (
  SELECT
    repository,
    sum(CASE WHEN outcome = 'ok' AND made_by = 'person' THEN 1 ELSE 0 END) AS pushes,
    sum(CASE WHEN outcome IN ('failed', 'denied') THEN 1 ELSE 0 END) AS attempts,
    sum(CASE WHEN outcome = 'incomplete' THEN 1 ELSE 0 END) AS incomplete,
    sum(CASE WHEN outcome = 'ok' AND made_by <> 'person' THEN 1 ELSE 0 END) AS service_images,
    sum(CASE WHEN effect IN ('moved tag', 'moved tag to known image') THEN 1 ELSE 0 END)
      AS tag_moves,
    count(DISTINCT CASE WHEN outcome = 'ok' AND made_by = 'person' THEN origin END) AS pushers,
    min(CASE WHEN outcome = 'ok' THEN event_time END) AS first_push,
    max(CASE WHEN outcome = 'ok' THEN event_time END) AS last_push
  FROM pushes
  WHERE (CAST($since AS TIMESTAMP) IS NULL OR event_time >= CAST($since AS TIMESTAMP))
    AND (CAST($until AS TIMESTAMP) IS NULL OR event_time < CAST($until AS TIMESTAMP))
    AND (CAST($principal AS VARCHAR) IS NULL OR principal = $principal OR origin = $principal)
  GROUP BY repository
) AS p ON p.repository = r.repository
LEFT JOIN (
  SELECT repository, principal, origin, image_tags
  FROM (
    SELECT
      repository, principal, origin, image_tags,
      row_number() OVER (PARTITION BY repository ORDER BY event_time DESC NULLS LAST,
        push_key DESC NULLS LAST) AS newest
    FROM pushes
    WHERE outcome = 'ok'
      AND (CAST($since AS TIMESTAMP) IS NULL OR event_time >= CAST($since AS TIMESTAMP))
      AND (CAST($until AS TIMESTAMP) IS NULL OR event_time < CAST($until AS TIMESTAMP))
      AND (CAST($principal AS VARCHAR) IS NULL OR principal = $principal OR origin = $principal)
  ) AS newest_first
  WHERE newest = 1
) AS l ON l.repository = r.repository
WHERE CAST($principal AS VARCHAR) IS NULL OR p.repository IS NOT NULL
