-- activity_columns: the columns of an event that `activity` shows.
    event_key, event_time, event_source, event_name, target, is_write, outcome, error_code,
    error_message, principal, access_key_id, source_ip_address, user_agent, aws_region,
    recipient_account_id, event_id, plain_name, request_id, identity_arn, source_identity,
    resource_arn, image_digest, image_tag, layer_digest
