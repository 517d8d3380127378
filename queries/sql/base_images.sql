-- base_images: images that share the first layers of an image, most layers first: how many, and
-- whether they are all the layers of that image, which then is a base it can have been built on.
-- parameters: manifest (VARCHAR: digest of an image manifest)
-- key: manifest_digest
SELECT
  g.manifest_digest,
  g.shared,
  n.layers,
  CASE WHEN g.shared = n.layers THEN TRUE ELSE FALSE END AS whole,
  p.repository,
  p.image_tags,
  p.event_time,
  p.origin,
  p.push_key
FROM (
  SELECT r.manifest_digest, count(*) AS shared
  FROM (
    SELECT o.manifest_digest, o.layer_no,
      sum(CASE WHEN mine.layer_digest = o.layer_digest THEN 0 ELSE 1 END) OVER (
        PARTITION BY o.manifest_digest ORDER BY o.layer_no NULLS LAST
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS differ
    FROM (SELECT DISTINCT manifest_digest, layer_no, layer_digest FROM push_layers) AS o
    LEFT JOIN (
      SELECT DISTINCT layer_no, layer_digest FROM push_layers WHERE manifest_digest = $manifest
    ) AS mine ON mine.layer_no = o.layer_no
    WHERE o.manifest_digest <> $manifest
      AND o.manifest_digest IN (
        SELECT s.manifest_digest FROM push_layers AS s
        JOIN push_layers AS t ON t.manifest_digest = $manifest AND t.layer_no = 1
          AND t.layer_digest = s.layer_digest
        WHERE s.layer_no = 1)
  ) AS r
  WHERE r.differ = 0
  GROUP BY r.manifest_digest
) AS g
JOIN (
  SELECT manifest_digest, count(DISTINCT layer_no) AS layers, min(push_key) AS push_key
  FROM push_layers
  GROUP BY manifest_digest
) AS n ON n.manifest_digest = g.manifest_digest
JOIN pushes AS p ON p.push_key = n.push_key
