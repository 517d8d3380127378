-- k8s-privileged-pod-from-pushed-image: a freshly pushed image may reach its node
-- sees: a pod, or what makes pods, that runs an image pushed within hours before and has a privileged
--   container, the node's network, processes or files, or a capability beyond the Baseline profile.
-- severity: high
-- technique: T1611
-- needs: pushes, deployments
-- benign when: agents of monitoring, networking or storage that are built in house
-- why: {origin} ran {image} as {deployed} with {risks}, {hours_later:hours} after {pusher} pushed it to
--   {repository}
-- hours = 24: how long after the push the pod may come
SELECT
  w.event_key, p.push_key, p.event_key AS push_event, w.event_time, p.repository, w.principal,
  w.origin, d.image, d.deployed, w.risks, p.origin AS pusher,
  CAST(w.event_second - p.event_second AS DOUBLE) / 3600 AS hours_later,
  CASE WHEN x.push_key IS NOT NULL OR (p.origin = w.origin AND p.nature <> 'job') THEN 'critical'
    ELSE 'high' END AS severity,
  CAST(p.push_key AS VARCHAR) || ' ' || w.place || ' ' || w.risks AS finding_key
FROM workloads AS w
JOIN deployments AS d ON d.event_key = w.event_key AND d.outcome = 'ok'
JOIN pushed AS p ON p.push_key = d.push_key
  AND w.event_second BETWEEN p.event_second AND p.event_second + $hours * 3600
LEFT JOIN (SELECT DISTINCT push_key FROM extensions WHERE by_other OR same_tag) AS x
  ON x.push_key = p.push_key
WHERE w.risks <> ''
