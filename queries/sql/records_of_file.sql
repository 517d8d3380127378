-- records_of_file: the events of records of one file, by their position in it; where a record is a
-- copy, the event it was merged into.
-- parameters: file_id, from_position, to_position (BIGINT, both ends included)
-- key: position
SELECT e.position, e.event_key, e.event_time, e.event_name, e.event_id, e.principal
FROM events AS e
WHERE e.file_id = $file_id AND e.position >= $from_position AND e.position <= $to_position
UNION ALL
SELECT c.position, e.event_key, e.event_time, e.event_name, e.event_id, e.principal
FROM copies AS c
JOIN events AS e ON e.event_key = c.copy_of
WHERE c.file_id = $file_id AND c.position >= $from_position AND c.position <= $to_position
