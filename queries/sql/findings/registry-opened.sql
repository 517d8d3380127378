-- registry-opened: a registry can be reached by more than before
-- sees: on Azure, a registry's public network access enabled, its network rules allowing by default,
--   or pulls without a login allowed.
-- severity: medium
-- technique: T1562.007
-- needs: writes
-- benign when: a registry that is meant to be public
-- why: {origin} {deed} on {registry} ({result})
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, r.registry_id AS registry,
  CASE WHEN lower(c.anonymous_pull) = 'true' THEN 'allowed pulls without a login'
    WHEN lower(c.network_default) = 'allow' THEN 'let every network in'
    ELSE 'enabled public network access' END AS deed,
  CASE WHEN r.outcome = 'ok' THEN 'done' ELSE r.outcome END AS result,
  CASE WHEN lower(c.anonymous_pull) = 'true' THEN 'high' ELSE 'medium' END AS severity
FROM registry AS r
JOIN changed AS c ON c.event_key = r.event_key
WHERE
  -- calls: registry_changed of r
  AND (lower(c.anonymous_pull) = 'true' OR lower(c.network_default) = 'allow'
    OR lower(c.public_network) = 'enabled')
