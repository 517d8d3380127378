-- extensions: images that hold every layer of an earlier image of their repository, in its order,
--   and more on top: what `docker commit`, or a Dockerfile that starts from the image, makes
-- columns: push_key (the first push that brought the image), manifest_digest, kept, added (layers),
--   base_push (the newest push of that earlier image before it), base_digest, base_actor,
--   base_principal, base_time, same_tag (it took the place of that image under a tag), by_other
--   (another actor than the one that put the earlier image there)
WITH chains AS (
  SELECT manifest_digest, layer_no,
    md5(string_agg(substr(layer_digest, 8, 16), '') OVER (PARTITION BY manifest_digest ORDER BY layer_no))
      AS chain,
    count(*) OVER (PARTITION BY manifest_digest) AS layers
  FROM (SELECT DISTINCT manifest_digest, layer_no, layer_digest FROM push_layers
    WHERE manifest_digest IS NOT NULL) AS l
), held AS (
  SELECT r.push_key, r.image_digest AS manifest_digest, p.repository, p.event_second, p.actor,
    p.image_digest, p.principal, p.event_time, p.previous_push,
    row_number() OVER (PARTITION BY p.repository, r.image_digest
      ORDER BY p.event_second, p.push_key) AS nth
  FROM push_records AS r JOIN pushed AS p ON p.push_key = r.push_key
  WHERE p.outcome = 'ok' AND r.part IN ('image', 'platform') AND p.kind IN ('image', 'index')
), grown AS MATERIALIZED (
  -- Which image holds which, before any push is looked at: two pushes of a repository meet only for
  -- these (left to itself, the planner pairs all of its pushes first: 850 of 70 layers filled 600 MB).
  SELECT c.manifest_digest, c.layer_no AS kept, c.layers - c.layer_no AS added,
    w.manifest_digest AS base_manifest
  FROM chains AS c JOIN chains AS w ON w.chain = c.chain AND w.layer_no = w.layers
  WHERE c.layer_no < c.layers
), found AS (
  SELECT h.push_key, h.manifest_digest, g.kept, g.added,
    b.push_key AS base_push, b.image_digest AS base_digest, b.actor AS base_actor,
    b.principal AS base_principal, b.event_time AS base_time, h.actor,
    row_number() OVER (PARTITION BY h.push_key, h.manifest_digest ORDER BY
      CASE WHEN b.push_key = h.previous_push THEN 0 ELSE 1 END, g.kept DESC,
      b.event_second DESC, b.push_key DESC) AS best,
    b.push_key = h.previous_push AS same_push
  FROM held AS h
  JOIN grown AS g ON g.manifest_digest = h.manifest_digest
  JOIN held AS b ON b.manifest_digest = g.base_manifest AND b.repository = h.repository
    AND b.event_second <= h.event_second AND b.push_key <> h.push_key
  WHERE h.nth = 1
)
SELECT f.push_key, f.manifest_digest, f.kept, f.added, f.base_push, f.base_digest, f.base_actor,
  f.base_principal, f.base_time, coalesce(f.same_push, FALSE) AS same_tag,
  f.actor IS DISTINCT FROM f.base_actor AS by_other
FROM found AS f WHERE f.best = 1
