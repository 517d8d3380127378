-- resources: everything that was acted on, by its ARN or, where the record has none, by the name in
-- the request: how often, what changed it, by how many.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, principal (VARCHAR);
--   each may be NULL for "any"
-- key: resource, event_source
SELECT
  coalesce(e.resource_arn, e.target) AS resource,
  e.event_source,
  count(*) AS events,
  CAST(sum(CASE WHEN e.is_write THEN 1 ELSE 0 END) AS BIGINT) AS writes,
  CAST(sum(CASE WHEN e.outcome <> 'ok' THEN 1 ELSE 0 END) AS BIGINT) AS failures,
  count(DISTINCT e.identity_arn) AS principals,
  min(e.identity_arn) AS one_principal,
  min(e.event_time) AS first_seen,
  max(e.event_time) AS last_seen,
  max(CASE WHEN e.is_write THEN e.event_time END) AS last_write
FROM events AS e
WHERE e.merged_into IS NULL AND coalesce(e.resource_arn, e.target) IS NOT NULL
  AND (CAST($since AS TIMESTAMP) IS NULL OR e.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR e.event_time < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR e.recipient_account_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR e.aws_region = $region)
  AND (CAST($principal AS VARCHAR) IS NULL OR e.identity_arn = $principal
    OR e.principal = $principal)
GROUP BY coalesce(e.resource_arn, e.target), e.event_source
