-- registry-outlet-added: a registry tells or copies what it holds to another place
-- sees: on Azure, a webhook, a replication, a cache rule, an import or export pipeline or a connected
--   registry made or changed.
-- severity: low
-- technique: T1020
-- needs: writes
-- benign when: planned work on the registry, usually by infrastructure as code
-- why: {origin} called {event_name} on {registry}{address_clause} ({result})
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, r.event_name,
  r.registry_id AS registry, CASE WHEN c.service_uri <> '' THEN ', which sends to ' || c.service_uri
    END AS address_clause,
  CASE WHEN r.outcome = 'ok' THEN 'done' ELSE r.outcome END AS result,
  CASE WHEN r.event_name IN ('CreateOrUpdateExportPipeline', 'CreateOrUpdateConnectedRegistry',
    'CreateOrUpdateWebhook') THEN 'medium' ELSE 'low' END AS severity
FROM registry AS r
LEFT JOIN changed AS c ON c.event_key = r.event_key
WHERE r.outcome = 'ok' AND
  -- calls: outlet of r
