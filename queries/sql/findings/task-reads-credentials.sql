-- task-reads-credentials: a task's command reads its own credentials
-- sees: a task definition of ECS, a job definition of Batch, or the overrides of a task or job, whose
--   command or environment names the address at which a task gets its credentials (169.254.170.2,
--   AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or …FULL_URI) or the one of an instance
--   (169.254.169.254, fd00:ec2::254); on Google the metadata server, in what Cloud Run and
--   Cloud Build are told to run. Tried or done.
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
  c.from_where,
  coalesce(s.origin, e.principal) || ' ' || coalesce(e.target, '') AS finding_key
FROM credential_reads AS c
JOIN events AS e ON e.event_key = c.event_key
LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
