-- event_by_id: events with an event ID (usually one; several when an id was reused).
-- parameters: event_id (VARCHAR)
-- key: event_key
SELECT e.event_key, e.event_time, e.event_source, e.event_name, e.principal, e.outcome
FROM events AS e
WHERE e.event_id = $event_id
  -- An insertId is unique with its time only, and both together make the id.
  OR (e.provider <> 'aws' AND substr(e.event_id, 1, length($event_id) + 1) = $event_id || '@')
