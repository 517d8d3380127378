-- push: everything known about one push.
-- parameters: push_key (BIGINT)
-- key: push_key
SELECT
  p.*,
  s.subject,
  s.source_identity,
  s.chain,
  s.chain_keys,
  e.event_id,
  e.request_id,
  e.identity_type,
  e.identity_arn,
  e.mfa,
  e.session_created,
  e.copies,
  f.name AS file_name,
  e.invoked_by,
  b.caller,
  b.caller_event,
  b.caller_name,
  b.caller_time,
  b.caller_how,
  b.caller_count
FROM pushes AS p
JOIN events AS e ON e.event_key = p.event_key
LEFT JOIN sessions AS s ON s.access_key_id = p.access_key_id
LEFT JOIN callers AS b ON b.event_key = p.event_key
LEFT JOIN files AS f ON f.file_id = p.file_id
WHERE p.push_key = $push_key
