-- replication-or-cache-added: images may flow in or out by another way
-- sees: replication was set up or filled, a pull-through cache rule or a creation template was made or
--   changed (a replication with no rule left is none). A destination outside the accounts of the evidence raises the severity.
-- severity: medium
-- technique: T1525
-- needs: writes
-- benign when: planned work on the registry, usually by infrastructure as code
-- why: {origin} called {event_name} in {account} {region}{to_clause}{from_clause}
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, r.event_name, r.account,
  r.aws_region AS region,
  CASE WHEN c.destinations <> '' THEN ', with destinations in ' || c.destinations END
    || CASE WHEN c.destination_regions <> '' THEN ' (' || c.destination_regions || ')' ELSE '' END
    AS to_clause,
  CASE WHEN c.upstream <> '' THEN ', from ' || c.upstream || ' under '
    || coalesce(c.prefix, 'no prefix') WHEN c.prefix <> '' THEN ', for ' || c.prefix END
    AS from_clause,
  CASE WHEN c.outside_destinations <> '' THEN 'high' ELSE 'medium' END AS severity
FROM registry AS r
LEFT JOIN changed AS c ON c.event_key = r.event_key
WHERE r.outcome = 'ok'
  AND NOT (r.event_name = 'PutReplicationConfiguration' AND coalesce(c.rules, 1) = 0) AND
  -- calls: new_way of r
