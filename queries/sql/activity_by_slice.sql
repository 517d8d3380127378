-- activity_by_slice: how many events fall into each slice of a window, all and not ok.
-- parameters: scope (all, session, key, principal, origin, address, repository, value), value,
--   principal (with scope session: the session's ARN), since, until (TIMESTAMP, until is
--   exclusive), account, region, service, name, error (VARCHAR or NULL for "any"),
--   writes, failures (BOOLEAN: only those), fold_layers (BOOLEAN: without the calls that
--   upload layers before a push)
--   start, width (BIGINT, seconds since 1970, seconds)
-- key: slice
SELECT
  CAST(floor((e.event_second - CAST($start AS BIGINT)) / CAST($width AS BIGINT)) AS BIGINT)
    AS slice,
  count(*) AS events,
  sum(CASE WHEN e.outcome <> 'ok' THEN 1 ELSE 0 END) AS failures
FROM events AS e
WHERE e.event_second IS NOT NULL AND e.merged_into IS NULL AND CASE CAST($scope AS VARCHAR)
    WHEN 'all' THEN TRUE
    WHEN 'session' THEN e.access_key_id = $value AND e.principal = $principal
    WHEN 'key' THEN e.access_key_id = $value
    WHEN 'principal' THEN e.identity_arn = $value OR e.principal = $value
    WHEN 'origin' THEN e.principal = $value OR e.identity_arn = $value
      OR (e.identity_type = 'FederatedUser' AND e.issuer_arn = $value)
      OR e.access_key_id IN (SELECT s.access_key_id FROM sessions AS s WHERE s.origin = $value)
    WHEN 'address' THEN e.source_ip_address = $value
    WHEN 'repository' THEN e.repository = $value
    WHEN 'value' THEN $value IN (e.event_id, e.principal, e.identity_arn, e.access_key_id,
      e.source_ip_address, e.user_agent, e.event_name, e.event_source, e.aws_region,
      e.recipient_account_id, e.account_id, e.error_code, e.repository, e.repository_name,
      e.image_tag, e.image_digest, e.layer_digest, e.target, e.resource_arn, e.request_id,
      e.source_identity, e.user_name, e.issued_access_key_id, e.principal_id,
      e.shared_event_id)
  END
  AND (CAST($since AS TIMESTAMP) IS NULL OR e.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR e.event_time < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR e.recipient_account_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR e.aws_region = $region)
  AND (CAST($service AS VARCHAR) IS NULL OR e.event_source = $service)
  AND (CAST($name AS VARCHAR) IS NULL OR e.event_name = $name)
  AND (CAST($error AS VARCHAR) IS NULL OR e.error_code = $error)
  AND (NOT coalesce(CAST($writes AS BOOLEAN), FALSE) OR e.is_write)
  AND (NOT coalesce(CAST($failures AS BOOLEAN), FALSE) OR e.outcome <> 'ok')
  AND (NOT coalesce(CAST($fold_layers AS BOOLEAN), FALSE) OR coalesce(e.event_name, '') NOT IN (
    'BatchCheckLayerAvailability', 'InitiateLayerUpload', 'UploadLayerPart',
    'CompleteLayerUpload'))
GROUP BY
  CAST(floor((e.event_second - CAST($start AS BIGINT)) / CAST($width AS BIGINT)) AS BIGINT)
