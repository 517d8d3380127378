-- tags: every tag of a repository (or of all): how often it was moved, by how many, what it names
-- now, or what became of it.
-- parameters: repository (VARCHAR, or NULL for "any")
-- key: repository, tag
SELECT
  g.repository,
  g.tag,
  g.images,
  g.moves,
  g.movers,
  g.first_time,
  g.last_time,
  g.image_digest,
  g.ended_how,
  g.until,
  p.origin AS last_mover,
  p.principal,
  p.access_key_id,
  g.push_key
FROM (
  SELECT
    t.repository,
    t.tag,
    count(DISTINCT t.image_digest) AS images,
    count(*) - 1 AS moves,
    count(DISTINCT q.origin) AS movers,
    min(t.since) AS first_time,
    max(t.since) AS last_time,
    max(CASE WHEN t.newest = 1 THEN t.image_digest END) AS image_digest,
    max(CASE WHEN t.newest = 1 THEN t.ended_how END) AS ended_how,
    max(CASE WHEN t.newest = 1 THEN t.until END) AS until,
    max(CASE WHEN t.newest = 1 THEN t.push_key END) AS push_key
  FROM (
    SELECT repository, tag, image_digest, push_key, since, until, ended_how,
      row_number() OVER (PARTITION BY repository, tag
        ORDER BY since DESC NULLS LAST, push_key DESC NULLS LAST) AS newest
    FROM tag_spans
  ) AS t
  JOIN pushes AS q ON q.push_key = t.push_key
  WHERE CAST($repository AS VARCHAR) IS NULL OR t.repository = $repository
    OR q.repository_name = $repository
  GROUP BY t.repository, t.tag
) AS g
JOIN pushes AS p ON p.push_key = g.push_key
