-- logging-tampered: the logging was stopped or taken away
-- sees: calls that stop, delete or narrow the logging (trails, event data stores, flow logs, log
--   groups, logs of name look-ups, GuardDuty, Config; a trail or a detector that was changed and sees
--   no less by that is low; on Google sinks, logs, exclusions and what is audited; on Azure
--   diagnostic settings), tried or done. Refused attempts are medium. By an origin that also pushed
--   within a day it is critical.
-- severity: high
-- technique: T1562.008
-- needs: writes
-- benign when: planned work on the logging, or log groups of something that is being torn down
-- why: {origin} called {event_name}{target_clause} ({outcome}){push_clause}
-- hours = 24: how near a push of the same origin must be to make it critical
SELECT
  e.event_key, e.event_time, p.repository, e.principal, e.origin, e.event_name,
  ' on ' || e.target AS target_clause, e.outcome, p.push_event,
  CASE WHEN p.push_event IS NOT NULL THEN ', near its push to ' || p.repository END AS push_clause,
  CASE WHEN
      -- calls: logging_trimmed of e
      THEN CASE WHEN p.push_event IS NULL THEN 'low' ELSE 'high' END
    WHEN e.outcome <> 'ok' THEN CASE WHEN p.push_event IS NULL THEN 'medium' ELSE 'high' END
    WHEN p.push_event IS NOT NULL THEN 'critical' ELSE 'high' END AS severity,
  e.origin || ' ' || e.event_name || ' ' || coalesce(e.target, '') AS finding_key
FROM (
  SELECT e.event_key, e.event_time, e.event_second, e.event_source, e.event_name, e.plain_name,
    e.principal, e.target, e.outcome, e.request_parameters,
    coalesce(s.origin, e.principal) AS origin
  FROM events AS e LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
  WHERE e.merged_into IS NULL AND
    -- calls: logging_tampered of e
) AS e
LEFT JOIN (
  SELECT origin, event_second, repository, max(event_key) AS push_event FROM (
    SELECT p.origin, p.event_second, p.repository, p.event_key FROM pushed AS p
    WHERE p.outcome = 'ok' AND p.nature <> 'job') AS q
  GROUP BY origin, event_second, repository
) AS p ON p.origin = e.origin
  AND p.event_second BETWEEN e.event_second - $hours * 3600 AND e.event_second + $hours * 3600
