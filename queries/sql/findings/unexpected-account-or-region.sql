-- unexpected-account-or-region: the registry is used where it should not be
-- sees: calls that change the registry in an account or region that is not on the lists of the
--   configuration; without such lists, in a region where the account had no event of the registry
--   while it was learned what is usual.
-- severity: medium
-- technique: T1535
-- needs: writes, learning
-- benign when: a new region is being set up
-- why: {origin} called {event_name} in {account} {region}, {reason}
SELECT
  event_key, event_time, repository, principal, origin, event_name, account, region, reason,
  account || ' ' || region || ' ' || origin AS finding_key
FROM (
  SELECT
    r.event_key, r.event_time, r.repository, r.principal, r.origin, r.event_name, r.account,
    r.aws_region AS region,
    CASE
      WHEN c.accounts > 0 AND NOT EXISTS (SELECT 1 FROM listed AS l
        WHERE l.kind = 'account' AND l.value = r.account) THEN 'an account that is not on the list'
      WHEN c.regions > 0 AND NOT EXISTS (SELECT 1 FROM listed AS l
        WHERE l.kind = 'region' AND l.value = r.aws_region) THEN 'a region that is not on the list'
      WHEN c.regions = 0 AND f.first_second >= a.learned_second
        THEN 'a region in which the account had no registry before'
    END AS reason
  FROM registry AS r
  JOIN (SELECT account, aws_region, min(event_second) AS first_second FROM registry
    GROUP BY account, aws_region) AS f ON f.account = r.account AND f.aws_region = r.aws_region
  JOIN (SELECT account, min(learned_second) AS learned_second FROM spans GROUP BY account) AS a
    ON a.account = r.account
  CROSS JOIN (SELECT
    sum(CASE WHEN kind = 'account' THEN 1 ELSE 0 END) AS accounts,
    coalesce(sum(CASE WHEN kind = 'region' THEN 1 ELSE 0 END), 0) AS regions FROM listed) AS c
  WHERE r.is_write AND r.nature <> 'service'
) AS u
WHERE reason IS NOT NULL
