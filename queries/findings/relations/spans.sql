-- spans: from when to when each account and region has events, and whether reads of the registry
--   are among them (a trail that keeps only writes has pushes, but no logins and no pulls)
-- columns: account, region, first_second, last_second, registry_reads, learned_second (from here on
--   something may be called new)
SELECT
  s.account, s.region, s.first_second, s.last_second,
  coalesce(r.registry_reads, 0) AS registry_reads,
  s.first_second + CAST($learning_days * 86400 AS BIGINT) AS learned_second
FROM (
  SELECT coalesce(recipient_account_id, account_id) AS account, aws_region AS region,
    min(event_second) AS first_second, max(event_second) AS last_second
  FROM events WHERE event_second IS NOT NULL GROUP BY 1, 2
) AS s
LEFT JOIN (
  SELECT account, aws_region AS region, count(*) AS registry_reads
  FROM registry WHERE NOT is_write GROUP BY 1, 2
) AS r ON r.account = s.account AND r.region = s.region
