-- push_scans: what scans found in the image of a push, or in one of its platforms, whichever push
-- brought it and whoever read the result.
-- parameters: push_key (BIGINT)
-- key: event_key
SELECT
  s.event_key,
  s.event_time,
  s.event_name,
  s.repository,
  s.image_tag,
  s.image_digest,
  s.status,
  s.scan_kind,
  s.critical,
  s.high,
  s.medium,
  s.low,
  s.informational,
  s.untriaged,
  s.undefined,
  s.worst,
  s.reader
FROM scans AS s
WHERE s.image_digest IN (
  SELECT r.image_digest FROM push_records AS r
  WHERE r.push_key = $push_key AND r.part IN ('image', 'index', 'platform'))
