-- behind: the events behind one finding, or behind all findings of one story, in the order of time.
-- parameters: finding_id, story (BIGINT; one of them is NULL)
-- key: event_key
SELECT
  e.event_key, e.event_time, e.event_source, e.event_name, e.target, e.is_write, e.outcome,
  e.error_code, e.error_message, e.principal, e.access_key_id, e.source_ip_address, e.user_agent,
  e.aws_region, e.recipient_account_id, e.event_id, min(f.title) AS title,
  count(DISTINCT f.finding_id) AS findings
FROM finding_events AS e
JOIN findings AS f ON f.finding_id = e.finding_id
WHERE e.finding_id = $finding_id OR e.story = $story
GROUP BY
  e.event_key, e.event_time, e.event_source, e.event_name, e.target, e.is_write, e.outcome,
  e.error_code, e.error_message, e.principal, e.access_key_id, e.source_ip_address, e.user_agent,
  e.aws_region, e.recipient_account_id, e.event_id
