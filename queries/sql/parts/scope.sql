-- scope: the condition on an event `e` that the questions about activity share: its scope, the
-- window of time, the filters and the toggles. Their headers say what the parameters take.
e.merged_into IS NULL AND CASE CAST($scope AS VARCHAR)
    WHEN 'all' THEN TRUE
-- part: who
    WHEN 'address' THEN e.source_ip_address = $value
    WHEN 'addresses' THEN e.source_ip_address IN (SELECT a.source_ip_address FROM actors AS a
      WHERE position(' ' || a.source_ip_address || ' ' IN $value) > 0)
    WHEN 'repository' THEN e.repository = $value
    WHEN 'created' THEN
-- part: through_created
    WHEN 'value' THEN ($places LIKE '% event_id %' AND e.event_id = $value)
      OR ($places LIKE '% principal %' AND e.principal = $value)
      OR ($places LIKE '% identity_arn %' AND e.identity_arn = $value)
      OR ($places LIKE '% session_name %' AND length(e.principal) > length($value)
        AND substr(e.principal, length(e.principal) - length($value)) = '/' || $value)
      OR ($places LIKE '% access_key_id %' AND e.access_key_id = $value)
      OR ($places LIKE '% source_ip_address %' AND e.source_ip_address = $value)
      OR ($places LIKE '% user_agent %' AND e.user_agent = $value)
      OR ($places LIKE '% event_name %' AND e.event_name = $value)
      OR ($places LIKE '% plain_name %' AND e.plain_name = $value)
      OR ($places LIKE '% event_source %' AND e.event_source = $value)
      OR ($places LIKE '% aws_region %' AND e.aws_region = $value)
      OR ($places LIKE '% recipient_account_id %' AND e.recipient_account_id = $value)
      OR ($places LIKE '% account_id %' AND e.account_id = $value)
      OR ($places LIKE '% error_code %' AND e.error_code = $value)
      OR ($places LIKE '% repository %' AND e.repository = $value)
      OR ($places LIKE '% repository_name %' AND e.repository_name = $value)
      OR ($places LIKE '% image_tag %' AND e.image_tag = $value)
      OR ($places LIKE '% image_digest %' AND e.image_digest = $value)
      OR ($places LIKE '% layer_digest %' AND e.layer_digest = $value)
      OR ($places LIKE '% target %' AND e.target = $value)
      OR ($places LIKE '% resource_arn %' AND e.resource_arn = $value)
      OR ($places LIKE '% request_id %' AND e.request_id = $value)
      OR ($places LIKE '% source_identity %' AND e.source_identity = $value)
      OR ($places LIKE '% user_name %' AND e.user_name = $value)
      OR ($places LIKE '% issued_access_key_id %' AND e.issued_access_key_id = $value)
      OR ($places LIKE '% principal_id %' AND e.principal_id = $value)
      OR ($places LIKE '% shared_event_id %' AND e.shared_event_id = $value)
      OR ($places LIKE '% more_images %' AND e.event_key IN (
        SELECT m.event_key FROM more_images AS m
        WHERE m.image_digest = $value OR m.image_tag = $value))
  END
  AND (CAST($since AS TIMESTAMP) IS NULL OR e.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR e.event_time < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR e.recipient_account_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR e.aws_region = $region)
  AND (CAST($service AS VARCHAR) IS NULL OR e.event_source = $service)
  AND (CAST($name AS VARCHAR) IS NULL OR e.plain_name = $name OR e.event_name = $name)
  AND (CAST($error AS VARCHAR) IS NULL OR e.error_code = $error)
  AND (CAST($address AS VARCHAR) IS NULL OR e.source_ip_address = $address)
  AND (CAST($client AS VARCHAR) IS NULL OR e.user_agent = $client)
  AND (CAST($access_key AS VARCHAR) IS NULL OR e.access_key_id = $access_key)
  AND (CAST($who AS VARCHAR) IS NULL OR e.principal = $who)
  AND (CAST($resource AS VARCHAR) IS NULL
    OR coalesce(e.resource_arn, e.target, '(none named)') = $resource)
  AND (CAST($repository AS VARCHAR) IS NULL OR e.repository = $repository)
  AND (CAST($caller AS VARCHAR) IS NULL OR e.event_key IN (
    SELECT c.event_key FROM callers AS c WHERE c.caller = $caller))
  AND (CAST($act AS VARCHAR) IS NULL OR CASE CAST($act AS VARCHAR)
    WHEN 'delete' THEN e.plain_name LIKE 'Delete%' OR e.plain_name LIKE 'BatchDelete%'
      OR e.plain_name LIKE 'Terminate%' OR e.plain_name LIKE 'Deregister%'
      OR e.plain_name LIKE 'Purge%' OR e.plain_name LIKE 'Remove%'
      OR e.plain_name IN ('ScheduleKeyDeletion', 'PolicyExecutionEvent')
    WHEN 'login' THEN
      -- calls: console_login of e
    WHEN 'login-without-mfa' THEN e.outcome = 'ok' AND NOT e.mfa AND
      -- calls: console_login of e
    WHEN 'failed-login' THEN e.outcome <> 'ok' AND
      -- calls: console_login of e
    WHEN 'credential' THEN e.issued_access_key_id IS NOT NULL OR
      -- calls: credential_made of e
    WHEN 'identity-change' THEN
      -- calls: identity_changed of e
    WHEN 'secret-read' THEN
      -- calls: secret_read of e
    WHEN 'root' THEN e.identity_type = 'Root'
    WHEN 'logging-change' THEN
      -- calls: logging_changed of e
    ELSE FALSE END)
  AND (NOT coalesce(CAST($writes AS BOOLEAN), FALSE) OR e.is_write)
  AND (NOT coalesce(CAST($failures AS BOOLEAN), FALSE) OR e.outcome <> 'ok')
  AND (NOT coalesce(CAST($fold_layers AS BOOLEAN), FALSE) OR coalesce(e.registry_action, '') NOT IN (
    'check', 'upload', 'download'))
