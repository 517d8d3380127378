-- session_tree: the sessions around somebody as a tree, both ways: the origins that led there, and
-- every session that was minted from it, used or not, each with what it did in numbers. Sorted by
-- path it reads as a tree.
-- parameters: value (VARCHAR: origin, principal, role or user ARN, or access key id)
-- key: path
WITH known AS (
  SELECT
    s.path,
    s.origin,
    s.depth,
    s.arn,
    s.access_key_id,
    s.parent_access_key_id,
    s.event_name,
    s.issued_at,
    s.issued_by_event,
    s.source_identity
  FROM sessions AS s
  UNION ALL
  SELECT
    coalesce(p.path, e.principal) || '/'
      || coalesce(substr(CAST(e.event_time AS VARCHAR), 1, 19), '') || ' ' || e.issued_access_key_id AS path,
    coalesce(p.origin, e.principal) AS origin,
    coalesce(p.depth, 0) + 1 AS depth,
    e.issued_arn AS arn,
    e.issued_access_key_id AS access_key_id,
    e.access_key_id AS parent_access_key_id,
    e.event_name,
    e.event_time AS issued_at,
    e.event_key AS issued_by_event,
    e.source_identity
  FROM events AS e
  LEFT JOIN sessions AS p ON p.access_key_id = e.access_key_id
  WHERE e.issued_access_key_id IS NOT NULL AND e.merged_into IS NULL
    AND e.issued_access_key_id NOT IN (SELECT x.access_key_id FROM sessions AS x)
), meant AS (
  SELECT k.access_key_id, k.parent_access_key_id, k.origin
  FROM known AS k
  WHERE $value IN (k.origin, k.arn, k.access_key_id, k.parent_access_key_id)
    OR k.access_key_id IN (
      SELECT a.access_key_id FROM actors AS a WHERE a.identity_arn = $value)
), around AS (
  SELECT m.access_key_id FROM meant AS m
  UNION
  SELECT a.ancestor AS access_key_id
  FROM meant AS m
  JOIN session_ancestors AS a ON a.access_key_id = m.access_key_id
  UNION
  SELECT a.ancestor AS access_key_id
  FROM meant AS m
  JOIN session_ancestors AS a ON a.access_key_id = m.parent_access_key_id
  UNION
  SELECT a.access_key_id
  FROM meant AS m
  JOIN session_ancestors AS a ON a.ancestor = m.access_key_id
  UNION
  SELECT k.access_key_id
  FROM meant AS m
  JOIN session_ancestors AS a ON a.ancestor = m.access_key_id
  JOIN known AS k ON k.parent_access_key_id = a.access_key_id
), did AS (
  SELECT
    a.access_key_id,
    sum(a.events) AS events,
    sum(a.writes) AS writes,
    sum(a.failures) AS failures,
    sum(a.image_puts) AS image_puts,
    count(DISTINCT a.source_ip_address) AS addresses,
    min(a.first_seen) AS first_seen,
    max(a.last_seen) AS last_seen
  FROM actors AS a
  WHERE NOT a.merged AND a.access_key_id IS NOT NULL
  GROUP BY a.access_key_id
)
SELECT
  k.path,
  k.depth,
  k.arn AS principal,
  k.origin,
  k.access_key_id,
  k.event_name AS issued_by,
  k.issued_at,
  k.issued_by_event,
  k.source_identity,
  coalesce(d.events, 0) AS events,
  coalesce(d.writes, 0) AS writes,
  coalesce(d.failures, 0) AS failures,
  coalesce(d.image_puts, 0) AS image_puts,
  coalesce(d.addresses, 0) AS addresses,
  d.first_seen,
  d.last_seen
FROM (
  SELECT
    path, max(depth) AS depth, max(arn) AS arn, max(origin) AS origin,
    max(access_key_id) AS access_key_id, max(event_name) AS event_name,
    max(issued_at) AS issued_at, max(issued_by_event) AS issued_by_event,
    max(source_identity) AS source_identity
  FROM known
  GROUP BY path
) AS k
JOIN around AS r ON r.access_key_id = k.access_key_id
LEFT JOIN did AS d ON d.access_key_id = k.access_key_id
UNION ALL
SELECT
  o.origin AS path,
  0 AS depth,
  o.origin AS principal,
  o.origin,
  NULL AS access_key_id,
  NULL AS issued_by,
  NULL AS issued_at,
  NULL AS issued_by_event,
  NULL AS source_identity,
  coalesce(sum(a.events), 0) AS events,
  coalesce(sum(a.writes), 0) AS writes,
  coalesce(sum(a.failures), 0) AS failures,
  coalesce(sum(a.image_puts), 0) AS image_puts,
  count(DISTINCT a.source_ip_address) AS addresses,
  min(a.first_seen) AS first_seen,
  max(a.last_seen) AS last_seen
FROM (
  SELECT DISTINCT m.origin FROM meant AS m
  UNION
  SELECT CASE WHEN a.access_key_id = $value THEN a.principal ELSE $value END AS origin
  FROM actors AS a
  WHERE $value IN (a.principal, a.identity_arn, a.access_key_id)
    AND NOT EXISTS (SELECT m.origin FROM meant AS m)
) AS o
LEFT JOIN (
  SELECT b.principal, b.identity_arn, b.source_ip_address, b.events, b.writes, b.failures,
    b.image_puts, b.first_seen, b.last_seen
  FROM actors AS b
  WHERE NOT b.merged AND (b.access_key_id IS NULL
    OR b.access_key_id NOT IN (SELECT y.access_key_id FROM sessions AS y))
) AS a ON a.principal = o.origin OR a.identity_arn = o.origin
WHERE o.origin IS NOT NULL
GROUP BY o.origin
