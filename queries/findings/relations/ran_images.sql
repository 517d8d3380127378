-- ran_images: each image that a cluster was asked to run, by its name without tag and digest, and
--   when this cluster was first seen to run it, and anything of its registry
-- columns: event_key, event_second, cluster, image_name, registry_host, push_key, first_second,
--   host_first_second, cluster_first_second
SELECT i.*, i.registry_host || '/' || i.image_path AS image_name,
  min(i.event_second) OVER (PARTITION BY i.cluster, i.registry_host, i.image_path) AS first_second,
  min(i.event_second) OVER (PARTITION BY i.cluster, i.registry_host) AS host_first_second,
  min(i.event_second) OVER (PARTITION BY i.cluster) AS cluster_first_second
FROM (
  SELECT d.event_key, w.event_second, w.cluster, d.push_key,
    -- Docker Hub has three names, and one image there two: nginx and docker.io/library/nginx.
    CASE WHEN d.registry <> 'docker hub' AND d.image LIKE '%/%' THEN split_part(d.image, '/', 1)
      ELSE 'docker.io' END AS registry_host,
    coalesce(d.repository_name, d.image) AS image_path
  FROM deployments AS d
  JOIN workloads AS w ON w.event_key = d.event_key
  WHERE d.outcome = 'ok' AND d.image <> ''
) AS i
