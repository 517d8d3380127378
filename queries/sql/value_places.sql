-- value_places: in which columns of the events a value stands, and how often. Looking into one
-- column at a time is many times faster than comparing every column of every event, and faster still
-- where it is counted already.
-- parameters: value (VARCHAR)
-- key: place
SELECT v.place, v.events
FROM (
SELECT 'event_id' AS place, count(*) AS events FROM events
WHERE event_id = $value AND merged_into IS NULL
UNION ALL
SELECT 'principal' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM actors
WHERE principal = $value AND NOT merged
UNION ALL
SELECT 'identity_arn' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM actors
WHERE identity_arn = $value AND NOT merged
UNION ALL
SELECT 'session_name' AS place, CAST(coalesce(sum(a.events), 0) AS BIGINT) AS events
FROM actors AS a
WHERE NOT a.merged AND length(a.principal) > length($value)
  AND substr(a.principal, length(a.principal) - length($value)) = '/' || $value
UNION ALL
SELECT 'access_key_id' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM actors
WHERE access_key_id = $value AND NOT merged
UNION ALL
SELECT 'source_ip_address' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM actors
WHERE source_ip_address = $value AND NOT merged
UNION ALL
SELECT 'user_agent' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM called
WHERE user_agent = $value AND NOT merged
UNION ALL
SELECT 'event_name' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM called
WHERE event_name = $value AND NOT merged
UNION ALL
SELECT 'plain_name' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM called
WHERE plain_name = $value AND NOT merged
UNION ALL
SELECT 'event_source' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM called
WHERE event_source = $value AND NOT merged
UNION ALL
SELECT 'aws_region' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM actors
WHERE aws_region = $value AND NOT merged
UNION ALL
SELECT 'recipient_account_id' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM actors
WHERE recipient_account_id = $value AND NOT merged
UNION ALL
SELECT 'account_id' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM actors
WHERE account_id = $value AND NOT merged
UNION ALL
SELECT 'error_code' AS place, CAST(coalesce(sum(events), 0) AS BIGINT) AS events FROM called
WHERE error_code = $value AND NOT merged
UNION ALL
SELECT 'repository' AS place, count(*) AS events FROM events
WHERE repository = $value AND merged_into IS NULL
UNION ALL
SELECT 'repository_name' AS place, count(*) AS events FROM events
WHERE repository_name = $value AND merged_into IS NULL
UNION ALL
SELECT 'image_tag' AS place, count(*) AS events FROM events
WHERE image_tag = $value AND merged_into IS NULL
UNION ALL
SELECT 'image_digest' AS place, count(*) AS events FROM events
WHERE image_digest = $value AND merged_into IS NULL
UNION ALL
SELECT 'layer_digest' AS place, count(*) AS events FROM events
WHERE layer_digest = $value AND merged_into IS NULL
UNION ALL
SELECT 'target' AS place, count(*) AS events FROM events
WHERE target = $value AND merged_into IS NULL
UNION ALL
SELECT 'resource_arn' AS place, count(*) AS events FROM events
WHERE resource_arn = $value AND merged_into IS NULL
UNION ALL
SELECT 'request_id' AS place, count(*) AS events FROM events
WHERE request_id = $value AND merged_into IS NULL
UNION ALL
SELECT 'source_identity' AS place, count(*) AS events FROM events
WHERE source_identity = $value AND merged_into IS NULL
UNION ALL
SELECT 'user_name' AS place, count(*) AS events FROM events
WHERE user_name = $value AND merged_into IS NULL
UNION ALL
SELECT 'issued_access_key_id' AS place, count(*) AS events FROM events
WHERE issued_access_key_id = $value AND merged_into IS NULL
UNION ALL
SELECT 'principal_id' AS place, count(*) AS events FROM events
WHERE principal_id = $value AND merged_into IS NULL
UNION ALL
SELECT 'shared_event_id' AS place, count(*) AS events FROM events
WHERE shared_event_id = $value AND merged_into IS NULL
UNION ALL
SELECT 'more_images' AS place, count(*) AS events FROM more_images
WHERE image_digest = $value OR image_tag = $value
) AS v
WHERE v.events > 0
