-- image-from-the-control-plane: an image came into a registry without a push
-- sees: on Azure, an image imported from elsewhere, or a build task made or run by a person: neither
--   needs a client, a login to the registry or the image's layers at hand.
-- severity: medium
-- technique: T1525
-- needs: writes
-- benign when: a mirror of a public image, builds that always run in the registry
-- why: {origin} {deed} in {registry}{source_clause} ({result})
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, r.registry_id AS registry,
  CASE r.event_name WHEN 'ImportImage' THEN 'imported an image' WHEN 'ScheduleRun'
    THEN 'ran a build' ELSE 'made a build task' END AS deed,
  CASE WHEN c.source_image <> '' THEN ' from ' || coalesce(c.source_registry || '/', '')
    || c.source_image END || CASE WHEN r.repository IS NOT NULL THEN ' as ' || r.repository
    || coalesce(':' || r.image_tag, '') ELSE '' END AS source_clause,
  CASE WHEN r.outcome = 'ok' THEN 'done' ELSE r.outcome END AS result,
  CASE WHEN r.event_name = 'ImportImage' THEN 'medium' ELSE 'low' END AS severity
FROM registry AS r
LEFT JOIN changed AS c ON c.event_key = r.event_key
WHERE r.nature <> 'job' AND
  -- calls: by_control_plane of r
