-- keys_made, of AWS
SELECT e.event_key, e.event_time, e.event_second, e.event_name,
  CASE WHEN json_valid(e.response_elements) THEN
    e.response_elements ->> '$.accessKey.accessKeyId' END AS access_key_id,
  'arn:aws:iam::' || coalesce(e.recipient_account_id, e.account_id) || ':user/'
    || coalesce(CASE WHEN json_valid(e.request_parameters) THEN
      e.request_parameters ->> '$.userName' END, e.user_name) AS user_arn,
  e.principal AS by_arn, coalesce(s.origin, e.principal) AS by_origin
FROM events AS e LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
WHERE e.event_source = 'iam.amazonaws.com' AND e.outcome = 'ok' AND e.merged_into IS NULL
  AND e.event_name IN ('CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile', 'CreateUser')
  AND e.event_second IS NOT NULL
