-- grants, of Google: bindings of roles
WITH bindings AS (
  SELECT r.event_key, r.request_parameters, e.service_event_details
  FROM registry AS r JOIN events AS e ON e.event_key = r.event_key
  WHERE r.registry_action = 'policy' AND r.outcome = 'ok' AND r.provider = 'google'
    AND (json_valid(r.request_parameters) OR json_valid(e.service_event_details))
)
SELECT event_key, row_number() OVER (PARTITION BY event_key ORDER BY role, named) AS statement,
  'Allow' AS effect,
  CASE WHEN named IN ('allUsers', 'allAuthenticatedUsers') THEN '*' ELSE named END AS grantee,
  named, role AS actions, conditions, conditions IS NOT NULL AS limited,
  named IN ('allUsers', 'allAuthenticatedUsers') OR (named LIKE '%.iam.gserviceaccount.com'
    AND split_part(split_part(named, '@', 2), '.iam.', 1) NOT IN (
      SELECT value FROM listed WHERE kind IN ('account', 'own account'))) AS outside,
  regexp_matches(role, '(?i)(reader|writer|admin|viewer|editor|owner|creator)') AS pulls,
  regexp_matches(role, '(?i)(writer|admin|editor|owner|creator)') AS pushes
FROM (
  SELECT event_key, binding ->> '$.role' AS role, binding ->> '$.member' AS named,
    nullif(CAST(binding -> '$.condition' AS VARCHAR), 'null') AS conditions
  FROM (SELECT event_key, unnest(json_extract(service_event_details,
      '$.policyDelta.bindingDeltas[*]')) AS binding
    FROM bindings WHERE json_exists(service_event_details, '$.policyDelta.bindingDeltas')) AS d
  WHERE binding ->> '$.action' = 'ADD'
  UNION ALL
  SELECT event_key, binding ->> '$.role' AS role,
    unnest(binding ->> '$.members[*]') AS named,
    nullif(CAST(binding -> '$.condition' AS VARCHAR), 'null') AS conditions
  FROM (SELECT event_key, unnest(json_extract(request_parameters,
      '$.policy.bindings[*]')) AS binding
    FROM bindings WHERE NOT coalesce(json_exists(service_event_details,
      '$.policyDelta.bindingDeltas'), FALSE)) AS b
) AS named_in
