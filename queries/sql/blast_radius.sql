-- blast_radius: everything that somebody and all sessions from it touched, by service and
-- resource, with how often it was changed, read and refused; and what the keys, users and roles
-- touched that they created.
-- parameters: value (VARCHAR: origin, principal, role or user ARN, or access key id)
-- key: through, event_source, resource
SELECT
  t.through,
  t.event_source,
  t.resource,
  sum(CASE WHEN t.is_write AND t.outcome = 'ok' THEN 1 ELSE 0 END) AS writes,
  sum(CASE WHEN t.is_write OR t.outcome <> 'ok' THEN 0 ELSE 1 END) AS reads,
  sum(CASE WHEN t.outcome <> 'ok' THEN 1 ELSE 0 END) AS refused,
  count(DISTINCT t.event_name) AS calls,
  coalesce(
    max(CASE WHEN t.is_write AND t.outcome = 'ok' AND coalesce(t.registry_action, '') <> 'upload'
      THEN t.event_name END),
    max(CASE WHEN t.is_write AND t.outcome <> 'ok' THEN t.event_name END),
    max(t.event_name)) AS example,
  count(DISTINCT t.principal) AS principals,
  min(t.event_time) AS first_seen,
  max(t.event_time) AS last_seen,
  max(t.aws_region) AS aws_region,
  max(t.recipient_account_id) AS account_id
FROM (
  SELECT
    'itself' AS through, e.event_source, e.event_name, e.registry_action, e.event_time,
    e.is_write, e.outcome, e.principal, e.aws_region, e.recipient_account_id,
    coalesce(e.resource_arn, e.target, '(none named)') AS resource
  FROM events AS e
  WHERE e.merged_into IS NULL
    AND (e.principal = $value OR e.identity_arn = $value OR e.access_key_id = $value
      OR (e.identity_type = 'FederatedUser' AND e.issuer_arn = $value)
      OR e.access_key_id IN (SELECT s.access_key_id FROM sessions AS s WHERE s.origin = $value))
  UNION ALL
  SELECT
    'what it created' AS through, e.event_source, e.event_name, e.registry_action,
    e.event_time, e.is_write, e.outcome, e.principal, e.aws_region, e.recipient_account_id,
    coalesce(e.resource_arn, e.target, '(none named)') AS resource
  FROM events AS e
  WHERE e.merged_into IS NULL
    AND (
-- part: through_created
    )
) AS t
GROUP BY t.through, t.event_source, t.resource
