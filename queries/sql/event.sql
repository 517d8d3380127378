-- event: one event with every column, and the file and position of its record.
-- parameters: event_key (BIGINT)
-- key: event_key
SELECT e.*, b.caller, b.caller_event, b.caller_name, b.caller_time, b.caller_how, b.caller_count,
  f.name AS file_name, f.path AS file_path, f.sha256 AS file_sha256
FROM events AS e
LEFT JOIN callers AS b ON b.event_key = e.event_key
LEFT JOIN files AS f ON f.file_id = e.file_id
WHERE e.event_key = $event_key
