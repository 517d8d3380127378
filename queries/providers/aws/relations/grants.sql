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
