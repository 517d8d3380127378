-- credential_reads, of AWS: tasks of ECS and jobs of Batch
SELECT event_key, CASE WHEN request_parameters LIKE '%169.254.169.254%'
    OR request_parameters ILIKE '%fd00:ec2::254%' THEN 'the instance'
  ELSE 'the endpoint of the task' END AS from_where
FROM events
WHERE event_source IN ('ecs.amazonaws.com', 'batch.amazonaws.com') AND merged_into IS NULL
  AND event_name IN ('RegisterTaskDefinition', 'RunTask', 'StartTask', 'RegisterDaemonTaskDefinition',
    'RegisterJobDefinition', 'SubmitJob')
  AND (request_parameters LIKE '%169.254.170.2%'
    OR request_parameters LIKE '%AWS_CONTAINER_CREDENTIALS_RELATIVE_URI%'
    OR request_parameters LIKE '%AWS_CONTAINER_CREDENTIALS_FULL_URI%'
    OR request_parameters LIKE '%169.254.169.254%' OR request_parameters ILIKE '%fd00:ec2::2%')
