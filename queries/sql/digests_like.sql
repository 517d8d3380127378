-- digests_like: images and layers whose digest begins like this, with how many events name them.
-- parameters: digest (VARCHAR: `sha256:` and the first digits)
-- key: kind, digest
SELECT 'image' AS kind, i.image_digest AS digest, count(*) AS events
FROM (
  SELECT r.image_digest FROM registry_events AS r
  UNION ALL
  SELECT p.image_digest FROM pushes AS p
  UNION ALL
  SELECT d.resolved_digest FROM deployments AS d
) AS i
WHERE substr(i.image_digest, 1, length($digest)) = $digest
GROUP BY i.image_digest
UNION ALL
SELECT 'layer' AS kind, l.layer_digest AS digest, count(*) AS events
FROM (
  SELECT r.layer_digest FROM registry_events AS r
  UNION ALL
  SELECT n.layer_digest FROM push_layers AS n
) AS l
WHERE substr(l.layer_digest, 1, length($digest)) = $digest
GROUP BY l.layer_digest
