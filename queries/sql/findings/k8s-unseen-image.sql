-- k8s-unseen-image: a cluster runs an image it never ran before
-- sees: the first time that a cluster is asked to run an image of this name, once its audit log covers
--   some days. Of a registry from which the cluster never ran anything it weighs more, and of an image
--   pushed by whom the case knows less.
-- severity: low
-- technique: T1610
-- needs: deployments
-- benign when: a new service, a new tool
-- why: {origin} ran {image_name} in {place}, which never ran it before{host_clause}
-- learning_days = 3: how long a cluster must be covered before
SELECT
  w.event_key, w.event_time, CAST(NULL AS VARCHAR) AS repository, w.principal, w.origin,
  i.image_name, w.place,
  CASE WHEN i.host_first_second = i.event_second THEN ', nor anything from ' || i.registry_host
    ELSE '' END AS host_clause,
  CASE WHEN i.host_first_second = i.event_second THEN 'medium' ELSE 'low' END AS severity,
  w.cluster || ' ' || i.image_name AS finding_key
FROM ran_images AS i
JOIN workloads AS w ON w.event_key = i.event_key
WHERE i.event_second = i.first_second
  AND i.event_second > i.cluster_first_second + $learning_days * 86400
