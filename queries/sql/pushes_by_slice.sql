-- pushes_by_slice: how many pushes each repository had in each slice of a window (for sparklines).
-- parameters: start, width (BIGINT, seconds since 1970, seconds)
-- key: repository, slice
SELECT
  repository,
  CAST(floor((unix_second - CAST($start AS BIGINT)) / CAST($width AS BIGINT)) AS BIGINT) AS slice,
  count(*) AS pushes
FROM (
  SELECT p.repository, e.event_second AS unix_second
  FROM pushes AS p JOIN events AS e ON e.event_key = p.event_key
  WHERE p.outcome = 'ok' AND e.event_second IS NOT NULL
) AS timed
GROUP BY
  repository,
  CAST(floor((unix_second - CAST($start AS BIGINT)) / CAST($width AS BIGINT)) AS BIGINT)
