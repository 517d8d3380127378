-- event_copies: where the other copies of an event's record are, and the records joined to it
-- (the other account's record of a cross-account call, a record that it corrects).
-- parameters: event_key (BIGINT)
-- key: event_key
SELECT c.event_key, c.file_id, c.position, f.name AS file_name, 'copy' AS relation
FROM copies AS c
LEFT JOIN files AS f ON f.file_id = c.file_id
WHERE c.copy_of = $event_key
UNION ALL
SELECT e.event_key, e.file_id, e.position, f.name AS file_name, 'joined record' AS relation
FROM events AS e
LEFT JOIN files AS f ON f.file_id = e.file_id
WHERE e.merged_into = $event_key
UNION ALL
SELECT e.event_key, e.file_id, e.position, f.name AS file_name, 'joined record' AS relation
FROM events AS e
JOIN events AS m ON m.event_key = $event_key AND m.merged_into = e.event_key
LEFT JOIN files AS f ON f.file_id = e.file_id
