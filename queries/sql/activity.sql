-- activity: events of one session, access key, principal, origin (the whole chain of sessions
-- behind it), address, repository, or with one value anywhere, in time order.
-- parameters: scope (all, session, key, principal, origin, address, repository, value), value,
--   principal (with scope session: the session's ARN), places (with scope value: the columns
--   to look in, from value_places, as ' a b '), since, until (TIMESTAMP, until is
--   exclusive), account, region, service, error, name (VARCHAR or NULL for "any"; a name without
--   its API version's date finds all versions),
--   act (a group of calls: delete, login, login-without-mfa, failed-login, credential,
--   identity-change, secret-read, root, logging-change; or NULL),
--   writes, failures (BOOLEAN: only those), fold_layers (BOOLEAN: without the calls for
--   single layers that come with each push and pull)
-- key: event_key
SELECT
  e.event_key,
  e.event_time,
  e.event_source,
  e.event_name,
  e.target,
  e.is_write,
  e.outcome,
  e.error_code,
  e.error_message,
  e.principal,
  e.access_key_id,
  e.source_ip_address,
  e.user_agent,
  e.aws_region,
  e.recipient_account_id,
  e.event_id,
  b.caller,
  b.caller_name,
  b.caller_time,
  b.caller_how,
  b.caller_count,
  e.plain_name,
  e.request_id,
  e.identity_arn,
  e.source_identity,
  e.resource_arn,
  e.image_digest,
  e.image_tag,
  e.layer_digest
FROM (
  SELECT
    event_key, event_time, event_source, event_name, target, is_write, outcome, error_code,
    error_message, principal, access_key_id, source_ip_address, user_agent, aws_region,
    recipient_account_id, event_id, plain_name, request_id, identity_arn, source_identity,
    resource_arn, image_digest, image_tag, layer_digest
  FROM events AS e
  WHERE
-- part: scope
  -- a page, unless by: caller, caller_name, caller_time, caller_how, caller_count
) AS e
LEFT JOIN callers AS b ON b.event_key = e.event_key
