-- pulls: every image that a call asked the registry for, one row for each: who, when, from where, as
-- what kind of workload, which image, and whether it was refused. A number of pulls counts such
-- rows, so any of them can be asked for: of a puller, of a tag and digest, of a repository.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository,
--   principal (VARCHAR), identity (the puller), of_account (the puller's), workload,
--   tag (as asked for), digest (what it resolved to), refused (BOOLEAN: also those that were
--   refused); each may be NULL for "any", and '(none)' finds what has no such value
-- key: event_key, image_tag, image_digest
SELECT
  u.event_time,
  u.repository,
  u.image_tag,
  u.image_digest,
  u.resolved_digest,
  CASE
    WHEN u.image_digest IS NOT NULL THEN 'by digest'
    WHEN u.resolved_digest IS NOT NULL THEN 'by tag'
    ELSE 'tag unresolved'
  END AS matched,
  u.principal,
  u.identity_arn,
  u.origin,
  u.access_key_id,
  u.account_id,
  u.cross_account,
  u.workload,
  u.source_ip_address,
  u.user_agent,
  u.outcome,
  u.error_code,
  e.event_name,
  e.aws_region,
  u.push_key,
  u.event_key
FROM pulls AS u
JOIN registry_events AS e ON e.event_key = u.event_key
WHERE (u.outcome = 'ok' OR coalesce(CAST($refused AS BOOLEAN), FALSE))
  AND (CAST($since AS TIMESTAMP) IS NULL OR u.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR u.event_time < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR e.registry_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR e.aws_region = $region)
  AND (CAST($repository AS VARCHAR) IS NULL OR u.repository = $repository
    OR e.repository_name = $repository OR (u.repository IS NULL AND $repository = '(none)'))
  AND (CAST($principal AS VARCHAR) IS NULL OR u.principal = $principal
    OR u.identity_arn = $principal OR u.origin = $principal)
  AND (CAST($identity AS VARCHAR) IS NULL OR coalesce(u.identity_arn, '(none)') = $identity)
  AND (CAST($of_account AS VARCHAR) IS NULL OR coalesce(u.account_id, '(none)') = $of_account)
  AND (CAST($workload AS VARCHAR) IS NULL OR coalesce(u.workload, '(none)') = $workload)
  AND (CAST($tag AS VARCHAR) IS NULL OR coalesce(u.image_tag, '(none)') = $tag)
  AND (CAST($digest AS VARCHAR) IS NULL OR coalesce(u.resolved_digest, '(none)') = $digest)
