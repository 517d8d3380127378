-- event: one event with every column, and the file and position of its record.
-- parameters: event_key (BIGINT)
-- key: event_key
SELECT e.event_key, e.file_id, e.position, e.provider, e.registry_action, e.event_id, e.event_time,
  e.event_second, e.event_source, e.event_name, e.plain_name, e.aws_region, e.source_ip_address,
  e.user_agent, e.error_code, e.error_message, e.outcome, e.request_id, e.is_write, e.read_only,
  e.event_type, e.event_category, e.recipient_account_id, e.shared_event_id, e.original_event_id,
  e.principal, e.identity_arn, e.identity_type, e.principal_id, e.account_id, e.access_key_id,
  e.user_name, e.invoked_by, e.identity_provider, e.issuer_arn, e.session_created, e.mfa,
  e.source_identity, e.issued_access_key_id, e.issued_arn, e.registry_id, e.repository_name,
  e.image_tag, e.image_digest, e.layer_digest, e.image_manifest, e.target, e.resource_arn,
  e.request_parameters, e.response_elements, e.service_event_details, e.pushed_via, e.made_by,
  e.delegation, e.deployment, e.creation, e.repository, e.copies, e.merged_into, e.odd,
  b.caller, b.caller_event, b.caller_name, b.caller_time, b.caller_how, b.caller_count,
  f.name AS file_name, f.path AS file_path, f.sha256 AS file_sha256
FROM events AS e
LEFT JOIN callers AS b ON b.event_key = e.event_key
LEFT JOIN files AS f ON f.file_id = e.file_id
WHERE e.event_key = $event_key
