-- push-without-mfa: pushed after a console login without MFA
-- sees: a push by a session that began with a login at the console, within a minute, and says that it
--   was not authenticated with MFA. A login that says MFA was used is believed.
-- severity: medium
-- technique: T1078.004
-- needs: pushes
-- benign when: the organisation does not ask for MFA there
-- why: {origin} pushed {image_tag} to {repository} in a session that began at the console at
--   {login_time} from {address} without MFA
SELECT
  p.event_key, p.push_key, l.event_key AS console_event, p.event_time, p.repository, p.principal,
  p.origin, p.image_tags AS image_tag, p.image_digest, l.event_time AS login_time,
  l.source_ip_address AS address,
  p.repository || ' ' || p.origin || ' ' || coalesce(p.access_key_id, '') AS finding_key
FROM pushed AS p
JOIN events AS e ON e.event_key = p.event_key AND NOT e.mfa
JOIN events AS l ON
  -- calls: console_login of l
  AND l.outcome = 'ok' AND l.principal = p.principal AND NOT coalesce(l.mfa, FALSE)
  AND e.session_created BETWEEN l.event_time - INTERVAL '1' MINUTE
    AND l.event_time + INTERVAL '1' MINUTE
WHERE p.outcome = 'ok'
