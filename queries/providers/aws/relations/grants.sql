-- grants, of AWS: statements of policies
WITH policies AS (
  SELECT event_key, policy FROM (
    SELECT event_key, coalesce(request_parameters ->> '$.policyText',
      request_parameters ->> '$.repositoryPolicy') AS policy
    FROM registry
    WHERE outcome = 'ok' AND event_name IN ('SetRepositoryPolicy', 'PutRegistryPolicy',
      'CreateRepositoryCreationTemplate', 'UpdateRepositoryCreationTemplate')
      AND json_valid(request_parameters)
  ) AS p WHERE json_valid(policy)
), statements AS (
  SELECT event_key, unnest(CASE WHEN json_type(policy, '$.Statement') = 'ARRAY'
    THEN json_extract(policy, '$.Statement[*]') ELSE [json_extract(policy, '$.Statement')] END)
    AS said
  FROM policies
), numbered AS (
  SELECT event_key, said, row_number() OVER (PARTITION BY event_key) AS statement,
    said ->> '$.Effect' AS effect,
    json_exists(said, '$.NotAction') AS all_but,
    lower(CAST(coalesce(said -> '$.Action', said -> '$.NotAction') AS VARCHAR)) AS actions,
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
  -- A name in a policy may have * and ? anywhere; all calls but those that it names, too, are many.
  SELECT event_key, statement, effect, actions, conditions, unnest(named) AS named, all_but,
    CASE WHEN json_type(actions) = 'ARRAY' THEN actions ->> '$[*]' ELSE [actions ->> '$'] END AS names
  FROM numbered
), said_of AS (
  SELECT event_key, statement, op.key AS operator, unnest(map_entries(op.value)) AS said FROM (
    SELECT event_key, statement, unnest(map_entries(
      try_cast(CAST(conditions AS JSON) AS MAP(VARCHAR, MAP(VARCHAR, JSON))))) AS op
    FROM numbered WHERE json_valid(conditions)
  ) AS o
), limits AS (
  -- Conditions that say who may, or from where, and do not say everybody or all but some.
  SELECT DISTINCT event_key, statement FROM said_of
  WHERE operator NOT ILIKE '%Not%' AND operator NOT ILIKE '%IfExists'
    AND regexp_matches(said.key, '(?i)^aws:(Principal|Source|VpcSource|userid|username|CalledVia)')
    AND NOT regexp_matches(CAST(said.value AS VARCHAR), '"(\*|0\.0\.0\.0/0|::/0|arn:[^"]*::\*:[^"]*)"')
), grantees AS (
  SELECT *, CASE WHEN named LIKE 'arn:%' THEN split_part(named, ':', 5) ELSE named END AS grantee,
    len(list_filter(names, lambda name: 'ecr:batchgetimage' GLOB name
      OR 'ecr:getdownloadurlforlayer' GLOB name)) AS pulling,
    len(list_filter(names, lambda name: 'ecr:putimage' GLOB name OR 'ecr-public:putimage' GLOB name
      OR 'ecr:initiatelayerupload' GLOB name OR 'ecr-public:initiatelayerupload' GLOB name
      OR 'ecr:replicateimage' GLOB name OR 'ecr:batchimportupstreamimage' GLOB name)) AS pushing
  FROM spread
)
SELECT event_key, statement, effect, grantee, named, actions, conditions,
  conditions IS NOT NULL AND EXISTS (SELECT 1 FROM limits AS l WHERE l.event_key = grantees.event_key
    AND l.statement = grantees.statement) AS limited,
  grantee = '*' OR (regexp_full_match(grantee, '[0-9]{12}') AND grantee NOT IN (
    SELECT value FROM listed WHERE kind IN ('account', 'own account'))) AS outside,
  CASE WHEN all_but THEN pulling = 0 ELSE pulling > 0 END AS pulls,
  CASE WHEN all_but THEN pushing = 0 ELSE pushing > 0 END AS pushes
FROM grantees
