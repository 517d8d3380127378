-- identity: what the records say about who someone is: identity types, accounts, MFA, source
-- identities, identity providers of a principal, origin or key.
-- parameters: scope (key, identity, principal or origin: only what that scope of `activity` has; NULL:
--   whatever the value is), value (VARCHAR: principal, role or user ARN, origin, or access key id),
--   principal (not used)
-- key: principal, access_key_id
SELECT
  g.principal,
  g.access_key_id,
  g.identity_arn,
  g.identity_type,
  g.account_id,
  g.principal_id,
  g.user_name,
  g.source_identity,
  g.identity_provider,
  g.session_created,
  g.with_mfa,
  g.without_mfa,
  s.origin,
  s.subject,
  s.chain,
  s.chain_keys,
  s.event_name AS issued_by,
  s.issued_at,
  s.issued_by_event,
  g.events,
  g.writes,
  g.failures,
  g.first_seen,
  g.last_seen
FROM (
  SELECT
    e.principal,
    e.access_key_id,
    max(e.identity_arn) AS identity_arn,
    max(e.identity_type) AS identity_type,
    max(e.account_id) AS account_id,
    max(e.principal_id) AS principal_id,
    max(e.user_name) AS user_name,
    max(e.source_identity) AS source_identity,
    max(e.identity_provider) AS identity_provider,
    max(e.session_created) AS session_created,
    CAST(sum(e.with_mfa) AS BIGINT) AS with_mfa,
    CAST(sum(e.without_mfa) AS BIGINT) AS without_mfa,
    CAST(sum(e.events) AS BIGINT) AS events,
    CAST(sum(e.writes) AS BIGINT) AS writes,
    CAST(sum(e.failures) AS BIGINT) AS failures,
    min(e.first_seen) AS first_seen,
    max(e.last_seen) AS last_seen
  FROM actors AS e
  WHERE NOT e.merged AND CASE CAST($scope AS VARCHAR)
-- part: who
    ELSE e.principal = $value OR e.identity_arn = $value OR e.access_key_id = $value
      OR (e.identity_type = 'FederatedUser' AND e.issuer_arn = $value)
      OR e.access_key_id IN (SELECT x.access_key_id FROM sessions AS x WHERE x.origin = $value)
  END
  GROUP BY e.principal, e.access_key_id
) AS g
LEFT JOIN sessions AS s ON s.access_key_id = g.access_key_id
