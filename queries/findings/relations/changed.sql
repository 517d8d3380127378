-- changed: what calls that change how a registry works said, taken out of their request
-- columns: event_key, mutability, scan_on_push, scan_type, rules, lifecycle (text of the policy),
--   least_kept (smallest countNumber of its rules), upstream, prefix, destinations; and of Azure's
--   registries admin_user, anonymous_pull, public_network, network_default, service_uri (of a
--   webhook), source_registry and source_image (of an import)
SELECT event_key,
  request_parameters ->> '$.imageTagMutability' AS mutability,
  request_parameters ->> '$.imageScanningConfiguration.scanOnPush' AS scan_on_push,
  request_parameters ->> '$.scanType' AS scan_type,
  CASE WHEN json_exists(request_parameters, '$.rules') THEN
    coalesce(json_array_length(request_parameters, '$.rules'), 0) END AS rules,
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
  request_parameters ->> '$.principalArn' AS named_principal,
  request_parameters ->> '$.properties.adminUserEnabled' AS admin_user,
  request_parameters ->> '$.properties.anonymousPullEnabled' AS anonymous_pull,
  request_parameters ->> '$.properties.publicNetworkAccess' AS public_network,
  request_parameters ->> '$.properties.networkRuleSet.defaultAction' AS network_default,
  request_parameters ->> '$.properties.serviceUri' AS service_uri,
  coalesce(request_parameters ->> '$.source.registryUri',
    request_parameters ->> '$.source.resourceId') AS source_registry,
  request_parameters ->> '$.source.sourceImage' AS source_image
FROM registry
WHERE is_write AND json_valid(request_parameters)
  AND (registry_action <> 'push' OR event_name = 'ImportImage')
