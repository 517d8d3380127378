-- scans, of AWS
SELECT event_key, repository,
  coalesce(image_digest, response_elements ->> '$.imageId.imageDigest') AS image_digest, image_tag,
  coalesce(try_cast(response_elements ->> '$.imageScanFindings.findingSeverityCounts.CRITICAL'
    AS BIGINT), 0) AS critical,
  coalesce(try_cast(response_elements ->> '$.imageScanFindings.findingSeverityCounts.HIGH'
    AS BIGINT), 0) AS high
FROM registry
WHERE event_name = 'DescribeImageScanFindings' AND event_source = 'ecr.amazonaws.com'
  AND outcome = 'ok' AND json_valid(response_elements)
