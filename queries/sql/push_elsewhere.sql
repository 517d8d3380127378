-- push_elsewhere: where else the image of a push is: the other repositories, of any registry in the
-- case, to which the same digest was pushed or from which it was pulled, the first time each, and how
-- often. A platform's manifest counts as well as the index that lists it. Where the manifest of the
-- push is not recorded but that of the other is, its layers are known after all.
-- parameters: push_key (BIGINT)
-- key: repository, act
SELECT
  o.act,
  o.repository,
  o.provider,
  o.event_time,
  o.event_key,
  o.push_key,
  o.principal,
  o.origin,
  o.image_digest,
  o.times,
  CASE WHEN p.kind = 'unknown' THEN o.layer_count END AS known_layers,
  CASE WHEN p.kind = 'unknown' THEN o.image_bytes END AS known_bytes,
  CASE WHEN o.provider = b.provider THEN FALSE ELSE TRUE END AS other_cloud,
  CASE WHEN o.event_time < p.event_time THEN TRUE ELSE FALSE END AS before
FROM (
  SELECT f.*, row_number() OVER (
      PARTITION BY f.repository, f.act ORDER BY f.event_time NULLS LAST, f.event_key NULLS LAST) AS nth,
    count(*) OVER (PARTITION BY f.repository, f.act) AS times
  FROM (
    SELECT DISTINCT 'pushed' AS act, q.repository, e.provider, q.event_time, q.event_key, q.push_key,
      q.principal, q.origin, r.image_digest, q.layer_count, q.image_bytes
    FROM push_records AS r
    JOIN pushes AS q ON q.push_key = r.push_key AND q.outcome = 'ok'
    JOIN events AS e ON e.event_key = q.event_key
    WHERE r.part IN ('image', 'index', 'platform')
    UNION ALL
    SELECT 'pulled' AS act, u.repository, e.provider, u.event_time, u.event_key,
      CAST(NULL AS BIGINT) AS push_key, u.principal, u.origin, u.resolved_digest AS image_digest,
      CAST(NULL AS BIGINT) AS layer_count, CAST(NULL AS BIGINT) AS image_bytes
    FROM pulls AS u
    JOIN events AS e ON e.event_key = u.event_key
    WHERE u.outcome = 'ok'
  ) AS f
  WHERE f.image_digest IN (SELECT m.image_digest FROM push_records AS m
      WHERE m.push_key = $push_key AND m.part IN ('image', 'index', 'platform'))
    AND f.repository <> (SELECT p.repository FROM pushes AS p WHERE p.push_key = $push_key)
) AS o
JOIN pushes AS p ON p.push_key = $push_key
JOIN events AS b ON b.event_key = p.event_key
WHERE o.nth = 1
