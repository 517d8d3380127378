-- pushes: every push and every attempt, newest facts first: what, by whom, from where, with what
-- effect on the repository.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository,
--   principal (VARCHAR: session, role or user ARN, or origin), scope (key, identity or principal: only
--   what that scope of `activity` has of `principal`), digest (VARCHAR: of the image); each may be
--   NULL for "any"
-- key: push_key
SELECT
  p.push_key,
  p.event_time,
  p.repository,
  p.image_tags,
  p.image_digest,
  p.effect,
  p.kind,
  p.outcome,
  p.error_code,
  p.error_message,
  p.origin,
  p.principal,
  s.subject,
  s.source_identity,
  p.access_key_id,
  p.via,
  p.source_ip_address,
  p.login_ip,
  p.login_exact,
  p.user_agent,
  p.image_bytes,
  p.layer_count,
  p.platforms,
  p.attestations,
  p.attachments,
  p.records,
  p.made_by,
  p.triggered_by,
  p.cross_account,
  p.previous_digest,
  p.previous_principal,
  p.previous_time,
  p.lifetime,
  p.created_repository,
  b.caller,
  b.caller_name,
  b.caller_time,
  b.caller_how,
  b.caller_count,
  p.login_match,
  p.login_count,
  p.login_ips
FROM pushes AS p
LEFT JOIN sessions AS s ON s.access_key_id = p.access_key_id
LEFT JOIN callers AS b ON b.event_key = p.event_key
WHERE (CAST($since AS TIMESTAMP) IS NULL OR p.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR p.event_time < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR p.registry_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR p.aws_region = $region)
  AND (CAST($repository AS VARCHAR) IS NULL OR p.repository = $repository
    OR p.repository_name = $repository)
  AND (CAST($digest AS VARCHAR) IS NULL OR p.image_digest = $digest)
  AND (CAST($principal AS VARCHAR) IS NULL OR CASE CAST($scope AS VARCHAR)
    WHEN 'key' THEN p.access_key_id = $principal
    WHEN 'identity' THEN p.event_key IN (
      SELECT r.event_key FROM registry_events AS r WHERE r.identity_arn = $principal)
    WHEN 'principal' THEN p.principal = $principal OR p.event_key IN (
      SELECT r.event_key FROM registry_events AS r WHERE r.identity_arn = $principal)
    ELSE p.principal = $principal OR p.origin = $principal OR p.event_key IN (
      SELECT r.event_key FROM registry_events AS r WHERE r.identity_arn = $principal)
  END)
