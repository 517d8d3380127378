-- guard-lowered: a protection of the registry was lowered
-- sees: tags made mutable, scanning switched off, a repository's policy or its lifecycle policy taken
--   away, signing taken away, pulls hidden from the pull time, a lifecycle policy that keeps next to
--   nothing. Refused attempts count too, as medium at most. By an origin that pushed to the
--   repository within a day it weighs more.
-- severity: medium
-- technique: T1562.001
-- needs: writes
-- benign when: planned work on the registry, usually by infrastructure as code
-- why: {origin} {deed}{place_clause} ({result})
-- hours = 24: how near a push of the same origin must be to raise the severity
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, f.deed,
  CASE WHEN r.repository IS NOT NULL THEN ' of ' || r.repository
    ELSE ' of the registry ' || coalesce(r.registry_id, r.account) || ' in ' || r.aws_region END
    AS place_clause,
  CASE WHEN r.outcome = 'ok' THEN 'done' ELSE r.outcome END AS result,
  CASE WHEN r.outcome = 'ok' AND EXISTS (
      SELECT 1 FROM pushed AS p WHERE p.origin = r.origin AND p.nature <> 'job'
        AND p.registry_id = r.registry_id
        AND p.event_second BETWEEN r.event_second - $hours * 3600
          AND r.event_second + $hours * 3600) THEN 'high'
    WHEN r.event_name IN ('DeleteLifecyclePolicy', 'DeleteRepositoryPolicy',
      'PutSigningConfiguration') THEN 'low'
    ELSE 'medium' END AS severity
FROM registry AS r
JOIN (
  SELECT r.event_key,
    CASE r.event_name
      WHEN 'PutImageTagMutability' THEN 'made the tags mutable'
      WHEN 'PutImageScanningConfiguration' THEN 'switched scanning on push off'
      WHEN 'PutRegistryScanningConfiguration' THEN 'set scanning to no rule at all'
      WHEN 'DeleteLifecyclePolicy' THEN 'deleted the lifecycle policy'
      WHEN 'DeleteRepositoryPolicy' THEN 'deleted the policy'
      WHEN 'DeleteRegistryPolicy' THEN 'deleted the policy'
      WHEN 'DeleteSigningConfiguration' THEN 'deleted the signing configuration'
      WHEN 'PutSigningConfiguration' THEN 'changed the signing configuration'
      WHEN 'RegisterPullTimeUpdateExclusion' THEN 'hid pulls of '
        || coalesce(c.named_principal, 'somebody') || ' from the pull times'
      ELSE 'set a lifecycle policy that keeps ' || CAST(c.least_kept AS VARCHAR) || ' image(s) or day(s)'
    END AS deed
  FROM registry AS r
  LEFT JOIN changed AS c ON c.event_key = r.event_key
  WHERE r.event_source = 'ecr.amazonaws.com' AND (
    (r.event_name = 'PutImageTagMutability' AND c.mutability LIKE 'MUTABLE%')
    OR (r.event_name = 'PutImageScanningConfiguration' AND lower(c.scan_on_push) = 'false')
    OR (r.event_name = 'PutRegistryScanningConfiguration' AND c.rules = 0)
    OR r.event_name IN ('DeleteLifecyclePolicy', 'DeleteRepositoryPolicy', 'DeleteRegistryPolicy',
      'DeleteSigningConfiguration', 'PutSigningConfiguration', 'RegisterPullTimeUpdateExclusion')
    OR (r.event_name = 'PutLifecyclePolicy' AND c.least_kept <= 1))
) AS f ON f.event_key = r.event_key
