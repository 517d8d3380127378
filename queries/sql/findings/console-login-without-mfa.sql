-- console-login-without-mfa: a login at the console without MFA
-- sees: a login at the console without MFA by a user who pushed or deleted images, or changed how the
--   registry works, within a day of it. Federated users are left out: AWS does not see whether
--   their identity provider asked for a second factor. By root it is high.
-- severity: low
-- technique: T1078.004
-- needs: writes
-- benign when: the organisation does not ask this user for MFA
-- why: {origin} logged in at the console from {address} without MFA, {when_clause} it called
--   {event_name} on {repository}
-- hours = 24: how far from the login that may have been
SELECT
  l.event_key, l.event_time, r.repository, l.principal, l.principal AS origin,
  l.source_ip_address AS address, r.event_key AS registry_event, r.event_name,
  CASE WHEN r.event_second < l.event_second THEN 'some time after' ELSE 'and then' END
    AS when_clause,
  CASE WHEN l.identity_type = 'Root' THEN 'high' ELSE 'low' END AS severity,
  CAST(l.event_key AS VARCHAR) AS finding_key
FROM events AS l
JOIN (
  SELECT r.*, row_number() OVER (PARTITION BY l.event_key
    ORDER BY CASE WHEN r.event_second >= l.event_second THEN 0 ELSE 1 END NULLS LAST,
      r.event_second NULLS LAST, r.event_key NULLS LAST) AS nth, l.event_key AS login_key
  FROM events AS l
  JOIN registry AS r ON r.origin = l.principal AND r.is_write AND r.outcome = 'ok'
    AND r.event_second BETWEEN l.event_second - $hours * 3600 AND l.event_second + $hours * 3600
  WHERE l.mfa = FALSE AND
    -- calls: console_login of l
) AS r ON r.login_key = l.event_key AND r.nth = 1
WHERE
  -- calls: console_login of l
  AND l.mfa = FALSE AND l.outcome = 'ok' AND l.merged_into IS NULL
  AND l.identity_type IN ('IAMUser', 'Root')
