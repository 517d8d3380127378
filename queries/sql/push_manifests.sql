-- push_manifests: the images of a push, one for each platform, with configuration and size. What
-- a record leaves out is taken from another push of the same digest, where there is one.
-- parameters: push_key (BIGINT)
-- key: platform, manifest_digest
SELECT
  m.platform,
  m.manifest_digest,
  coalesce(m.config_digest, k.config_digest) AS config_digest,
  coalesce(m.config_bytes, k.config_bytes) AS config_bytes,
  coalesce(CASE WHEN m.recorded THEN m.layer_count END, k.layer_count) AS layer_count,
  coalesce(m.image_bytes, k.image_bytes) AS image_bytes,
  coalesce(m.media_type, k.media_type) AS media_type,
  CASE WHEN m.recorded OR k.manifest_digest IS NOT NULL THEN TRUE ELSE FALSE END AS recorded
FROM push_manifests AS m
LEFT JOIN (
  SELECT manifest_digest, max(config_digest) AS config_digest, max(config_bytes) AS config_bytes,
    max(layer_count) AS layer_count, max(image_bytes) AS image_bytes,
    max(media_type) AS media_type
  FROM push_manifests
  WHERE recorded
  GROUP BY manifest_digest
) AS k ON k.manifest_digest = m.manifest_digest
WHERE m.push_key = $push_key
