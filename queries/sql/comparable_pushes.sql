-- comparable_pushes: pushes that one may want to compare a push with: the image its tag named
-- before, the same tag elsewhere, others of its repository, and others that share a layer with it.
-- parameters: push_key (BIGINT)
-- key: other_push
SELECT
  g.other_push,
  g.kinship,
  q.event_time,
  q.repository,
  q.image_tags,
  q.image_digest,
  q.origin,
  q.outcome
FROM (
  SELECT k.other_push, min(k.kinship) AS kinship
  FROM (
    SELECT p.previous_push AS other_push, '1 the image before' AS kinship
    FROM pushes AS p
    WHERE p.push_key = $push_key AND p.previous_push IS NOT NULL
    UNION ALL
    SELECT t.push_key AS other_push, '2 same tag elsewhere' AS kinship
    FROM tag_spans AS mine
    JOIN tag_spans AS t ON t.tag = mine.tag AND t.repository <> mine.repository
    WHERE mine.push_key = $push_key
    UNION ALL
    SELECT o.push_key AS other_push, '3 same repository' AS kinship
    FROM pushes AS p
    JOIN pushes AS o ON o.repository = p.repository AND o.image_digest IS NOT NULL
    WHERE p.push_key = $push_key
    UNION ALL
    SELECT b.push_key AS other_push, '4 shares layers' AS kinship
    FROM push_layers AS a
    JOIN push_layers AS b ON b.layer_digest = a.layer_digest
    WHERE a.push_key = $push_key
  ) AS k
  WHERE k.other_push <> $push_key
  GROUP BY k.other_push
) AS g
JOIN pushes AS q ON q.push_key = g.other_push
