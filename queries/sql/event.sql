-- event: one event with every column, and the file and position of its record.
-- parameters: event_key (BIGINT)
-- key: event_key
SELECT e.*, f.name AS file_name, f.path AS file_path, f.sha256 AS file_sha256
FROM events AS e
LEFT JOIN files AS f ON f.file_id = e.file_id
WHERE e.event_key = $event_key
