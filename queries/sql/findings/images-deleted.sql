-- images-deleted: images were deleted by hand
-- sees: images or a repository deleted by somebody (lifecycle policies are not meant, nor actors
--   that delete on several days as a habit, nor calls that deleted none of what they named). Of an
--   image that the same origin replaced under its tag, or pushed itself, within a day, it looks like
--   traces being removed; of an image that ran shortly before, all the more.
-- severity: low
-- technique: T1070
-- needs: writes
-- benign when: somebody tidies up
-- why: {origin} deleted {what} of {repository}{trace_clause}{run_clause}
-- hours = 24: how long before the push of the same origin may lie that raises the severity
-- ran_days = 30: how long before a deployment of what was deleted may lie that raises the severity
-- habit_days = 3: somebody who deletes on that many days does it as a habit
WITH deleted AS (
  SELECT r.event_key, r.event_second, r.event_time, r.registry_action, r.repository, r.origin,
    n.image_tag, n.image_digest
  FROM registry AS r
  JOIN (
    SELECT event_key, image_tag, image_digest FROM registry
    WHERE registry_action IN ('delete', 'delete repository', 'delete registry')
    UNION ALL
    SELECT event_key, image_tag, image_digest FROM more_images
  ) AS n ON n.event_key = r.event_key
  WHERE r.registry_action IN ('delete', 'delete repository', 'delete registry')
    AND r.outcome = 'ok'
)
SELECT
  r.event_key, r.event_time, r.repository, r.principal, r.origin, r.image_digest,
  p.push_event, d.deployment_event,
  CASE WHEN r.registry_action IN ('delete repository', 'delete registry') THEN 'the whole repository'
    ELSE coalesce(r.image_tag, r.image_digest, 'images') END AS what,
  CASE WHEN p.replaced = 1 THEN ', the image that its own push had replaced'
    WHEN p.own = 1 THEN ', which it had pushed itself within a day' END AS trace_clause,
  CASE WHEN d.deployment_event IS NOT NULL THEN ', which ' || d.deployed || ' was told to run at '
    || substr(CAST(d.event_time AS VARCHAR), 1, 19) END AS run_clause,
  CASE WHEN p.replaced = 1 THEN 'high'
    WHEN p.own = 1 OR r.registry_action IN ('delete repository', 'delete registry') THEN
      CASE WHEN d.deployment_event IS NOT NULL THEN 'high' ELSE 'medium' END
    WHEN d.deployment_event IS NOT NULL THEN 'medium' ELSE 'low' END AS severity,
  r.repository || ' ' || r.origin || ' ' || substr(CAST(r.event_time AS VARCHAR), 1, 13)
    AS finding_key
FROM registry AS r
LEFT JOIN (
  SELECT n.event_key, max(p.event_key) AS push_event,
    max(CASE WHEN p.previous_digest = n.image_digest THEN 1 ELSE 0 END) AS replaced,
    max(CASE WHEN p.image_digest = n.image_digest THEN 1 ELSE 0 END) AS own
  FROM deleted AS n
  JOIN pushed AS p ON p.repository = n.repository AND p.origin = n.origin AND p.outcome = 'ok'
    AND p.event_second BETWEEN n.event_second - $hours * 3600 AND n.event_second
  GROUP BY n.event_key
) AS p ON p.event_key = r.event_key
LEFT JOIN (
  SELECT n.event_key, d.event_key AS deployment_event, d.deployed, d.event_time,
    row_number() OVER (PARTITION BY n.event_key ORDER BY d.event_time DESC NULLS LAST,
      d.event_key NULLS LAST, d.deployment_no NULLS LAST) AS nth
  FROM deleted AS n
  JOIN deployments AS d ON d.repository = n.repository AND d.outcome = 'ok'
    AND d.act IN ('deployed', 'ran')
  JOIN events AS e ON e.event_key = d.event_key
    AND e.event_second BETWEEN n.event_second - $ran_days * 86400 AND n.event_second
  WHERE (n.registry_action IN ('delete repository', 'delete registry')
      OR coalesce(d.resolved_digest, d.image_digest) = n.image_digest
      OR (n.image_digest IS NULL AND d.image_tag = n.image_tag))
) AS d ON d.event_key = r.event_key AND d.nth = 1
LEFT JOIN (
  SELECT actor, count(DISTINCT date_trunc('day', event_time)) AS days FROM registry
  WHERE registry_action IN ('delete', 'delete repository', 'delete registry') AND outcome = 'ok' GROUP BY actor
) AS h ON h.actor = r.actor
LEFT JOIN changed AS c ON c.event_key = r.event_key
WHERE r.registry_action IN ('delete', 'delete repository', 'delete registry')
  AND r.outcome = 'ok' AND coalesce(c.none_deleted, FALSE) = FALSE
  AND r.nature <> 'service'
  AND (p.replaced = 1 OR (r.nature <> 'job' AND coalesce(h.days, 0) < $habit_days))
