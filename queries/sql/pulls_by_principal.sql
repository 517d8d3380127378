-- pulls_by_principal: who pulled, from which account, as what kind of workload: how much, when,
-- and the busiest burst (pulls with pauses of at most ten minutes). Sessions of one role and
-- workload are one line.
-- parameters: since, until (TIMESTAMP, until is exclusive), account, region, repository,
--   principal, digest (VARCHAR: what was pulled); each may be NULL for "any"
-- key: identity_arn, account_id, workload, repository
SELECT
  g.identity_arn,
  g.account_id,
  g.workload,
  g.repository,
  CASE WHEN max(CASE WHEN g.cross_account THEN 1 ELSE 0 END) = 1 THEN TRUE ELSE FALSE END
    AS cross_account,
  sum(g.pulls) AS pulls,
  sum(g.refused) AS refused,
  count(DISTINCT g.image) AS images,
  count(DISTINCT g.principal) AS sessions,
  count(DISTINCT g.burst) AS bursts,
  max(g.burst_pulls) AS largest_burst,
  min(g.event_time) AS first_pull,
  max(g.event_time) AS last_pull
FROM (
  SELECT
    b.identity_arn, b.account_id, b.workload, b.repository, b.cross_account, b.principal,
    b.event_time, b.burst,
    CASE WHEN b.outcome = 'ok' THEN 1 ELSE 0 END AS pulls,
    CASE WHEN b.outcome = 'ok' THEN 0 ELSE 1 END AS refused,
    coalesce(b.resolved_digest, b.image_tag) AS image,
    count(*) OVER (PARTITION BY b.identity_arn, b.account_id, b.workload, b.repository, b.burst)
      AS burst_pulls
  FROM (
    SELECT
      a.identity_arn, a.account_id, a.workload, a.repository, a.cross_account, a.principal,
      a.event_time, a.outcome, a.resolved_digest, a.image_tag,
      sum(CASE WHEN a.earlier IS NULL OR a.event_time > a.earlier + INTERVAL '10' MINUTE
          THEN 1 ELSE 0 END)
        OVER (PARTITION BY a.identity_arn, a.account_id, a.workload, a.repository
          ORDER BY a.event_time NULLS LAST, a.event_key NULLS LAST
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS burst
    FROM (
      SELECT
        u.event_key, u.identity_arn, u.account_id, u.workload, u.repository, u.cross_account,
        u.principal, u.event_time, u.outcome, u.resolved_digest, u.image_tag,
        max(u.event_time) OVER (
          PARTITION BY u.identity_arn, u.account_id, u.workload, u.repository
          ORDER BY u.event_time NULLS LAST, u.event_key NULLS LAST
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier
      FROM pulls AS u JOIN registry_events AS e ON e.event_key = u.event_key
      WHERE (CAST($since AS TIMESTAMP) IS NULL OR u.event_time >= CAST($since AS TIMESTAMP))
        AND (CAST($until AS TIMESTAMP) IS NULL OR u.event_time < CAST($until AS TIMESTAMP))
        AND (CAST($account AS VARCHAR) IS NULL OR e.registry_id = $account)
        AND (CAST($region AS VARCHAR) IS NULL OR e.aws_region = $region)
        AND (CAST($repository AS VARCHAR) IS NULL OR u.repository = $repository
          OR e.repository_name = $repository)
        AND (CAST($principal AS VARCHAR) IS NULL OR u.principal = $principal
          OR u.identity_arn = $principal OR u.origin = $principal)
        AND (CAST($digest AS VARCHAR) IS NULL OR u.resolved_digest = $digest)
    ) AS a
  ) AS b
) AS g
GROUP BY g.identity_arn, g.account_id, g.workload, g.repository
