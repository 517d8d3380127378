-- layer_comparison: the layers of an image beside those of another: kept, added, removed, or
-- reordered (in both, but not in the same order). A layer that occurs twice counts twice. And
-- when in the evidence each layer was first pushed (first_time, attempts included) and first in an
-- image that was accepted (first_image).
-- parameters: manifest, other (VARCHAR: digests of image manifests, not of indexes)
-- key: place, status, layer_digest
SELECT
  coalesce(c.layer_no, c.other_no) AS place,
  c.status,
  c.layer_no,
  c.other_no,
  c.layer_digest,
  c.bytes,
  c.media_type,
  f.first_time,
  f.pushes,
  f.repositories,
  f.first_image
FROM (
  SELECT
    b.layer_no,
    b.other_no,
    b.layer_digest,
    b.bytes,
    b.media_type,
    CASE
      WHEN b.other_no IS NULL THEN 'added'
      WHEN b.layer_no IS NULL THEN 'removed'
      WHEN row_number() OVER (
          PARTITION BY CASE WHEN b.layer_no IS NULL OR b.other_no IS NULL THEN 0 ELSE 1 END
          ORDER BY b.layer_no NULLS LAST, b.other_no NULLS LAST)
        = row_number() OVER (
          PARTITION BY CASE WHEN b.layer_no IS NULL OR b.other_no IS NULL THEN 0 ELSE 1 END
          ORDER BY b.other_no NULLS LAST, b.layer_no NULLS LAST)
        THEN 'kept'
      ELSE 'reordered'
    END AS status
  FROM (
    SELECT
      mine.layer_no,
      theirs.layer_no AS other_no,
      coalesce(mine.layer_digest, theirs.layer_digest) AS layer_digest,
      coalesce(mine.bytes, theirs.bytes) AS bytes,
      coalesce(mine.media_type, theirs.media_type) AS media_type
    FROM (
      SELECT layer_no, layer_digest, bytes, media_type,
        row_number() OVER (PARTITION BY layer_digest ORDER BY layer_no NULLS LAST) AS nth
      FROM (
        SELECT DISTINCT layer_no, layer_digest, bytes, media_type FROM push_layers
        WHERE manifest_digest = $manifest
      ) AS a
    ) AS mine
    FULL JOIN (
      SELECT layer_no, layer_digest, bytes, media_type,
        row_number() OVER (PARTITION BY layer_digest ORDER BY layer_no NULLS LAST) AS nth
      FROM (
        SELECT DISTINCT layer_no, layer_digest, bytes, media_type FROM push_layers
        WHERE manifest_digest = $other
      ) AS o
    ) AS theirs ON theirs.layer_digest = mine.layer_digest AND theirs.nth = mine.nth
  ) AS b
) AS c
LEFT JOIN (
  SELECT l.layer_digest, min(p.event_time) AS first_time, count(DISTINCT l.push_key) AS pushes,
    count(DISTINCT p.repository) AS repositories,
    min(CASE WHEN p.outcome = 'ok' THEN p.event_time END) AS first_image
  FROM push_layers AS l JOIN pushes AS p ON p.push_key = l.push_key
  GROUP BY l.layer_digest
) AS f ON f.layer_digest = c.layer_digest
