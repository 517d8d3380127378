-- guards, of AWS
SELECT r.event_key,
  r.event_name IN ('DeleteLifecyclePolicy', 'DeleteRepositoryPolicy')
    OR r.event_name = 'PutSigningConfiguration' AND coalesce(c.rules, 1) > 0
    OR coalesce(c.mutability, '') LIKE 'IMMUTABLE%'
    OR r.event_name = 'PutLifecyclePolicy' AND coalesce(c.least_kept, 2) > 1 AS harmless,
  CASE r.event_name
    WHEN 'PutImageTagMutability' THEN CASE WHEN c.mutability LIKE 'MUTABLE%'
      THEN 'made the tags mutable' ELSE 'made some of the tags mutable' END
    WHEN 'PutImageScanningConfiguration' THEN 'switched scanning on push off'
    WHEN 'PutRegistryScanningConfiguration' THEN 'left no rule for scanning images'
    WHEN 'DeleteLifecyclePolicy' THEN 'deleted the lifecycle policy'
    WHEN 'DeleteRepositoryPolicy' THEN 'deleted the policy'
    WHEN 'DeleteRegistryPolicy' THEN 'deleted the policy'
    WHEN 'DeleteSigningConfiguration' THEN 'deleted the signing configuration'
    WHEN 'PutSigningConfiguration' THEN CASE WHEN c.rules = 0
      THEN 'left no rule for signing images' ELSE 'changed the signing configuration' END
    WHEN 'RegisterPullTimeUpdateExclusion' THEN 'hid pulls of '
      || coalesce(c.named_principal, 'somebody') || ' from the pull times'
    WHEN 'PutAccountSetting' THEN
      'had the policy of the registry govern no more than replication, caches and new repositories'
    ELSE 'set a lifecycle policy that keeps one image or day at most'
      || CASE WHEN c.least_kept <= 1 THEN '' ELSE ' of some tags' END
  END AS deed
FROM registry AS r
LEFT JOIN changed AS c ON c.event_key = r.event_key
WHERE r.event_source = 'ecr.amazonaws.com' AND (
  (r.event_name = 'PutImageTagMutability' AND (c.mutability LIKE 'MUTABLE%' OR c.mutability LIKE '%EXCLUSION'))
  OR (r.event_name = 'PutImageScanningConfiguration' AND lower(c.scan_on_push) = 'false')
  OR (r.event_name = 'PutRegistryScanningConfiguration' AND c.rules = 0)
  OR r.event_name IN ('DeleteLifecyclePolicy', 'DeleteRepositoryPolicy', 'DeleteRegistryPolicy',
    'DeleteSigningConfiguration', 'PutSigningConfiguration', 'RegisterPullTimeUpdateExclusion')
  OR (r.event_name = 'PutLifecyclePolicy' AND c.least_kept_of_some <= 1)
  OR (r.event_name = 'PutAccountSetting' AND c.setting = 'REGISTRY_POLICY_SCOPE'
    AND c.setting_value = 'V1'))
