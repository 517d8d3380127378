-- listing: what is marked as evidence, with tags, comment, who marked it and when.
-- parameters: since, until (TIMESTAMP of the event, until is exclusive), account, region, repository,
--   principal, tag (VARCHAR: a tag of the mark); each may be NULL for "any"
-- key: mark_key
SELECT
  m.mark_key,
  m.event_key,
  m.event_time,
  m.event_name,
  m.event_source,
  m.target,
  m.repository,
  m.image_tags,
  m.image_digest,
  m.outcome,
  m.error_code,
  m.principal,
  m.origin,
  m.access_key_id,
  m.source_ip_address,
  m.user_agent,
  m.aws_region,
  m.account_id,
  m.event_id,
  m.is_push,
  m.tags,
  m.comment,
  m.author,
  m.marked_at,
  m.changed_by,
  m.changed_at,
  m.records,
  m.record_sha256,
  m.file_name,
  m.file_sha256,
  m.position
FROM marks AS m
WHERE (CAST($since AS TIMESTAMP) IS NULL OR m.event_time >= CAST($since AS TIMESTAMP))
  AND (CAST($until AS TIMESTAMP) IS NULL OR m.event_time < CAST($until AS TIMESTAMP))
  AND (CAST($account AS VARCHAR) IS NULL OR m.account_id = $account
    OR substr(m.repository, 1, length($account) + 1) = $account || '/')
  AND (CAST($region AS VARCHAR) IS NULL OR m.aws_region = $region)
  AND (CAST($repository AS VARCHAR) IS NULL OR m.repository = $repository
    OR substr(m.repository, length(m.repository) - length($repository)) = '/' || $repository)
  AND (CAST($principal AS VARCHAR) IS NULL OR m.principal = $principal OR m.origin = $principal)
  AND (CAST($tag AS VARCHAR) IS NULL OR position(' ' || $tag || ' ' IN ' ' || m.tags || ' ') > 0)
