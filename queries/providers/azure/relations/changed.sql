-- changed, of Azure
SELECT event_key,
  request_parameters ->> '$.properties.adminUserEnabled' AS admin_user,
  request_parameters ->> '$.properties.anonymousPullEnabled' AS anonymous_pull,
  request_parameters ->> '$.properties.publicNetworkAccess' AS public_network,
  request_parameters ->> '$.properties.networkRuleSet.defaultAction' AS network_default,
  request_parameters ->> '$.properties.serviceUri' AS service_uri,
  coalesce(request_parameters ->> '$.source.registryUri',
    request_parameters ->> '$.source.resourceId') AS source_registry,
  request_parameters ->> '$.source.sourceImage' AS source_image
FROM registry
WHERE provider = 'azure' AND is_write AND json_valid(request_parameters)
  AND (registry_action <> 'push' OR event_name = 'ImportImage')
