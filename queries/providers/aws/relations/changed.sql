-- changed, of AWS
WITH own AS (
  SELECT coalesce(list(value), []) AS accounts FROM listed WHERE kind IN ('account', 'own account')
), asked AS (
  SELECT event_key, event_name, request_parameters AS q, response_elements AS a,
    list_distinct(request_parameters ->> '$.replicationConfiguration.rules[*].destinations[*].registryId')
      AS destinations,
    CASE WHEN json_valid(request_parameters ->> '$.lifecyclePolicyText') THEN
      json_extract(request_parameters ->> '$.lifecyclePolicyText', '$.rules[*]') END AS expiries
  FROM registry
  WHERE provider = 'aws' AND is_write AND registry_action <> 'push'
    AND json_valid(request_parameters)
), expiring AS (
  -- What expires untagged images is tidying up, and what moves images to the archive deletes none.
  SELECT event_key, list_filter(expiries, lambda rule:
    coalesce(rule ->> '$.selection.tagStatus', 'any') <> 'untagged'
    AND coalesce(rule ->> '$.action.type', 'expire') = 'expire') AS rules
  FROM asked WHERE expiries IS NOT NULL
), kept AS (
  SELECT event_key,
    list_min(try_cast(list_transform(list_filter(rules, lambda rule:
      coalesce(rule ->> '$.selection.tagStatus', 'any') = 'any'
      OR list_contains(rule ->> '$.selection.tagPatternList[*]', '*')),
      lambda rule: rule ->> '$.selection.countNumber') AS BIGINT[])) AS least_kept,
    list_min(try_cast(list_transform(rules, lambda rule: rule ->> '$.selection.countNumber')
      AS BIGINT[])) AS least_kept_of_some
  FROM expiring
)
SELECT event_key,
  q ->> '$.imageTagMutability' AS mutability,
  q ->> '$.imageScanningConfiguration.scanOnPush' AS scan_on_push,
  q ->> '$.scanType' AS scan_type,
  CASE WHEN event_name = 'PutRegistryScanningConfiguration' THEN
    len(list_filter(coalesce(json_extract(q, '$.rules[*]'), []),
      lambda rule: coalesce(rule ->> '$.scanFrequency', '') <> 'MANUAL'))
    WHEN json_exists(q, '$.rules') THEN coalesce(json_array_length(q, '$.rules'), 0)
    WHEN event_name = 'PutSigningConfiguration' THEN
      coalesce(json_array_length(q, '$.signingConfiguration.rules'), 0)
    ELSE json_array_length(q, '$.replicationConfiguration.rules') END AS rules,
  CASE WHEN event_name = 'BatchDeleteImage' AND json_valid(a) THEN
    coalesce(json_array_length(a, '$.imageIds'), 0) = 0
    AND coalesce(json_array_length(a, '$.failures'), 0) > 0 END AS none_deleted,
  k.least_kept, k.least_kept_of_some,
  q ->> '$.upstreamRegistryUrl' AS upstream,
  coalesce(q ->> '$.ecrRepositoryPrefix', q ->> '$.prefix') AS prefix,
  array_to_string(destinations, ', ') AS destinations,
  array_to_string(list_filter(destinations, lambda account: NOT list_contains(own.accounts, account)),
    ', ') AS outside_destinations,
  array_to_string(list_distinct(q ->> '$.replicationConfiguration.rules[*].destinations[*].region'),
    ', ') AS destination_regions,
  q ->> '$.principalArn' AS named_principal,
  q ->> '$.name' AS setting, q ->> '$.value' AS setting_value
FROM asked CROSS JOIN own LEFT JOIN kept AS k USING (event_key)
