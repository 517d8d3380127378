-- k8s-into-pod: somebody went into a running pod
-- sees: exec, attach or a debug container in a pod, tried or done. It weighs more when the pod runs an
--   image that was pushed within hours before, and most by who pushed it.
-- severity: low
-- technique: T1609
-- needs: writes
-- benign when: a person looks into a fault
-- why: {origin} used {how} on the pod {place}/{name}{command_clause} ({outcome}){image_clause}
-- hours = 24: how long before the image may have been pushed
SELECT
  w.event_key, p.push_key, w.event_time, p.repository, w.principal, w.origin, w.place, w.name,
  CASE WHEN w.subresource = 'ephemeralcontainers' THEN 'a debug container' ELSE w.subresource END
    AS how,
  CASE WHEN w.command <> '' THEN ' to run ' || w.command END AS command_clause, w.outcome,
  CASE WHEN p.origin = w.origin THEN ', whose image the same had pushed shortly before'
    WHEN p.push_key IS NOT NULL THEN ', whose image had been pushed shortly before' END
    AS image_clause,
  CASE WHEN p.origin = w.origin AND p.nature <> 'job' THEN 'high' WHEN p.push_key IS NOT NULL
    THEN 'medium' ELSE 'low' END AS severity,
  w.origin || ' ' || w.place || '/' || w.name || ' ' || w.subresource AS finding_key
FROM workloads AS w
LEFT JOIN (
  SELECT m.cluster, m.namespace, m.name, max(d.push_key) AS push_key
  FROM workloads AS m JOIN deployments AS d ON d.event_key = m.event_key
  WHERE m.resource = 'pods' AND m.subresource = '' AND d.push_key IS NOT NULL
  GROUP BY m.cluster, m.namespace, m.name
) AS r ON r.cluster = w.cluster AND r.namespace = w.namespace AND r.name = w.name
LEFT JOIN pushed AS p ON p.push_key = r.push_key
  AND w.event_second BETWEEN p.event_second AND p.event_second + $hours * 3600
WHERE w.resource = 'pods' AND w.subresource IN ('exec', 'attach', 'ephemeralcontainers')
