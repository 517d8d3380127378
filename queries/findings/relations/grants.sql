-- grants: what each policy that was set on a repository, on a registry or in a template lets whom
--   do, one row for each statement and each principal it names
-- columns: event_key, statement, effect, grantee (`*`, an account id, a service, or what it says),
--   outside (whether that is none of the accounts of the evidence or of the configuration),
--   actions, pulls, pushes, conditions (their text, NULL for none)
WITH policies AS (
  SELECT event_key, policy FROM (
    SELECT event_key, coalesce(request_parameters ->> '$.policyText',
      request_parameters ->> '$.repositoryPolicy') AS policy
    FROM registry
    WHERE outcome = 'ok' AND event_name IN ('SetRepositoryPolicy', 'PutRegistryPolicy',
      'CreateRepositoryCreationTemplate', 'UpdateRepositoryCreationTemplate')
      AND json_valid(request_parameters)
  ) AS p WHERE json_valid(policy)
), bindings AS (
  SELECT r.event_key, r.request_parameters, e.service_event_details
  FROM registry AS r JOIN events AS e ON e.event_key = r.event_key
  WHERE r.registry_action = 'policy' AND r.outcome = 'ok' AND r.provider <> 'aws'
    AND (json_valid(r.request_parameters) OR json_valid(e.service_event_details))
), statements AS (
  SELECT event_key, unnest(CASE WHEN json_type(policy, '$.Statement') = 'ARRAY'
    THEN json_extract(policy, '$.Statement[*]') ELSE [json_extract(policy, '$.Statement')] END)
    AS said
  FROM policies
), numbered AS (
  SELECT event_key, said, row_number() OVER (PARTITION BY event_key) AS statement,
    said ->> '$.Effect' AS effect,
    lower(CAST(said -> '$.Action' AS VARCHAR)) AS actions,
    nullif(CAST(said -> '$.Condition' AS VARCHAR), 'null') AS conditions,
    CASE
      WHEN json_exists(said, '$.NotPrincipal') THEN ['*']
      WHEN json_type(said, '$.Principal') = 'VARCHAR' THEN [said ->> '$.Principal']
      WHEN json_type(said, '$.Principal.AWS') = 'ARRAY' THEN said ->> '$.Principal.AWS[*]'
      WHEN json_exists(said, '$.Principal.AWS') THEN [said ->> '$.Principal.AWS']
      WHEN json_type(said, '$.Principal.Service') = 'ARRAY' THEN said ->> '$.Principal.Service[*]'
      ELSE [said ->> '$.Principal.Service'] END AS named
  FROM statements
), spread AS (
  SELECT event_key, statement, effect, actions, conditions, unnest(named) AS named FROM numbered
), grantees AS (
  SELECT *, CASE WHEN named LIKE 'arn:%' THEN split_part(named, ':', 5) ELSE named END AS grantee
  FROM spread
)
SELECT event_key, statement, effect, grantee, named, actions, conditions,
  grantee = '*' OR (regexp_full_match(grantee, '[0-9]{12}') AND grantee NOT IN (
    SELECT value FROM listed WHERE kind IN ('account', 'own account'))) AS outside,
  actions LIKE '%"*"%' OR actions LIKE '%ecr:*%' OR actions LIKE '%batchgetimage%'
    OR actions LIKE '%getdownloadurlforlayer%' OR actions LIKE '%ecr:get*%'
    OR actions LIKE '%ecr:batch*%' AS pulls,
  actions LIKE '%"*"%' OR actions LIKE '%ecr:*%' OR actions LIKE '%putimage%'
    OR actions LIKE '%initiatelayerupload%' OR actions LIKE '%ecr:put*%'
    OR actions LIKE '%replicateimage%' AS pushes
FROM grantees
UNION ALL
SELECT event_key, row_number() OVER (PARTITION BY event_key ORDER BY role, named) AS statement,
  'Allow' AS effect,
  CASE WHEN named IN ('allUsers', 'allAuthenticatedUsers') THEN '*' ELSE named END AS grantee,
  named, role AS actions, conditions,
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
