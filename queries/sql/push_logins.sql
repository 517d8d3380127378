-- push_logins: the registry logins that may be the one behind a push: of the same principal, in the
-- 12 hours before it. A login of the same session (its temporary key, or its time of creation) is
-- exact; of several others none can be told to be it.
-- parameters: push_key (BIGINT)
-- key: event_key
SELECT
  t.event_key,
  t.event_time,
  CASE
    WHEN t.access_key_id = p.access_key_id AND t.access_key_id NOT LIKE 'AKIA%'
      THEN 'same session'
    WHEN t.session_created = e.session_created THEN 'same session'
    WHEN t.session_created IS NULL AND e.session_created >= t.event_time - INTERVAL '2' SECOND
      AND e.session_created <= t.event_time + INTERVAL '2' SECOND THEN 'same session'
    ELSE 'same principal'
  END AS matched,
  t.source_ip_address,
  t.user_agent,
  t.access_key_id,
  t.event_id
FROM pushes AS p
JOIN events AS e ON e.event_key = p.event_key
JOIN events AS t ON t.principal = p.principal AND t.event_source = e.event_source
WHERE p.push_key = $push_key
  AND p.made_by = 'person'
  AND t.registry_action = 'login'
  AND t.outcome = 'ok'
  AND t.merged_into IS NULL
  AND t.event_time >= p.event_time - INTERVAL '12' HOUR
  AND t.event_time <= p.event_time
