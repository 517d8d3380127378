-- pushes_by_slice: how many pushes each repository had in each slice of a window (for sparklines).
-- parameters: start, width (BIGINT, seconds since 1970, seconds)
-- key: repository, slice
SELECT
  t.repository,
  t.slice,
  count(*) AS pushes
FROM (
  SELECT
    p.repository,
    CAST(floor(CAST(e.event_second - CAST($start AS BIGINT) AS DOUBLE) / CAST($width AS BIGINT))
      AS BIGINT) AS slice
  FROM pushes AS p JOIN events AS e ON e.event_key = p.event_key
  WHERE p.outcome = 'ok' AND e.event_second IS NOT NULL
) AS t
GROUP BY t.repository, t.slice
