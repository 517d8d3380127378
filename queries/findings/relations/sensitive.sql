-- sensitive: calls outside the registry that gain rights, stay, read secrets, run code or open a way in,
--   done by an origin that also pushed
-- columns: event_key, event_time, event_second, event_source, event_name, what (rights, persistence,
--   secrets, code, network), outcome, target, principal, access_key_id, origin, actor
SELECT e.event_key, e.event_time, e.event_second, e.event_source, e.event_name, c.what, e.outcome,
  e.target, e.principal, e.access_key_id, coalesce(s.origin, e.principal) AS origin,
  actor_of(s.origin, e.identity_arn) AS actor
FROM events AS e
JOIN (VALUES
  -- table of calls: rights, persistence, secrets, code, network
) AS c(source, name, what) ON c.source = e.event_source
  AND c.name = e.plain_name
LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
WHERE e.merged_into IS NULL AND e.event_second IS NOT NULL
  AND coalesce(s.origin, e.principal) IN (SELECT origin FROM pushed)
