-- task-reads-credentials: a task's command reads its own credentials
-- sees: a task definition, or the overrides of a task, whose command or environment names the address
--   at which a task gets its credentials (169.254.170.2, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI) or
--   the one of an instance (169.254.169.254), tried or done.
-- severity: high
-- technique: T1552.005
-- needs: writes
-- benign when: a start script of one's own that looks up its region or role
-- why: {origin} called {event_name}{target_clause} with a command that reads credentials from
--   {from_where} ({outcome})
SELECT
  e.event_key, e.event_time, CAST(NULL AS VARCHAR) AS repository, e.principal,
  coalesce(s.origin, e.principal) AS origin, e.event_name, ' on ' || e.target AS target_clause,
  e.outcome,
  CASE WHEN e.request_parameters LIKE '%169.254.169.254%' THEN 'the instance'
    ELSE 'the endpoint of the task' END AS from_where,
  coalesce(s.origin, e.principal) || ' ' || coalesce(e.target, '') AS finding_key
FROM events AS e
LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
WHERE e.event_source = 'ecs.amazonaws.com' AND e.merged_into IS NULL
  AND e.event_name IN ('RegisterTaskDefinition', 'RunTask', 'StartTask')
  AND (e.request_parameters LIKE '%169.254.170.2%'
    OR e.request_parameters LIKE '%AWS_CONTAINER_CREDENTIALS_RELATIVE_URI%'
    OR e.request_parameters LIKE '%169.254.169.254%')
