-- changed, of AWS
SELECT event_key,
  request_parameters ->> '$.imageTagMutability' AS mutability,
  request_parameters ->> '$.imageScanningConfiguration.scanOnPush' AS scan_on_push,
  request_parameters ->> '$.scanType' AS scan_type,
  CASE WHEN json_exists(request_parameters, '$.rules') THEN
    coalesce(json_array_length(request_parameters, '$.rules'), 0)
    ELSE json_array_length(request_parameters, '$.replicationConfiguration.rules') END AS rules,
  CASE WHEN event_name = 'BatchDeleteImage' AND json_valid(response_elements) THEN
    coalesce(json_array_length(response_elements, '$.imageIds'), 0) = 0
    AND coalesce(json_array_length(response_elements, '$.failures'), 0) > 0 END AS none_deleted,
  list_min(try_cast(CASE WHEN json_valid(request_parameters ->> '$.lifecyclePolicyText') THEN
    (request_parameters ->> '$.lifecyclePolicyText') ->> '$.rules[*].selection.countNumber' END
    AS BIGINT[])) AS least_kept,
  request_parameters ->> '$.upstreamRegistryUrl' AS upstream,
  coalesce(request_parameters ->> '$.ecrRepositoryPrefix', request_parameters ->> '$.prefix')
    AS prefix,
  array_to_string(list_distinct(
    request_parameters ->> '$.replicationConfiguration.rules[*].destinations[*].registryId'), ', ')
    AS destinations,
  array_to_string(list_distinct(
    request_parameters ->> '$.replicationConfiguration.rules[*].destinations[*].region'), ', ')
    AS destination_regions,
  request_parameters ->> '$.principalArn' AS named_principal
FROM registry
WHERE provider = 'aws' AND is_write AND registry_action <> 'push'
  AND json_valid(request_parameters)
