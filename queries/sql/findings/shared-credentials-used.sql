-- shared-credentials-used: a registry's shared password was switched on, read or made anew
-- sees: on Azure, the admin user of a registry enabled, its passwords listed or regenerated, or
--   passwords made for a token: whoever has them pushes without a name of their own. By an origin that
--   pushes within hours, or that failed to, it weighs more.
-- severity: medium
-- technique: T1552
-- needs: writes
-- benign when: set-up of a service that cannot sign in otherwise
-- why: {origin} {deed} of {registry} ({result})
-- hours = 24: how near a push by a shared credential must be to raise the severity
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, r.registry_id AS registry,
  CASE r.event_name WHEN 'ListCredentials' THEN 'listed the admin passwords'
    WHEN 'RegenerateCredential' THEN 'regenerated an admin password'
    WHEN 'GenerateCredentials' THEN 'made passwords for a token'
    ELSE 'enabled the admin user' END AS deed,
  CASE WHEN r.outcome = 'ok' THEN 'done' ELSE r.outcome END AS result,
  CASE WHEN r.outcome = 'ok' AND EXISTS (
      SELECT 1 FROM pushed AS p WHERE p.registry_id = r.registry_id AND p.nature <> 'job'
        AND (p.identity_type = 'AdminUser' OR p.origin = r.origin)
        AND p.event_second BETWEEN r.event_second AND r.event_second + $hours * 3600)
    THEN 'high' ELSE 'medium' END AS severity
FROM registry AS r
LEFT JOIN changed AS c ON c.event_key = r.event_key
WHERE
  -- calls: shared_credentials of r
  OR lower(c.admin_user) = 'true' AND
    -- calls: registry_changed of r
