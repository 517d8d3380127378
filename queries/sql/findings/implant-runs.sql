-- implant-runs: a suspicious image was put to work
-- sees: an image that keeps a known image and adds layers on top (see implant-shaped-push), put there
--   by somebody else than the image before it, was deployed or pulled by what runs containers.
-- severity: high
-- technique: T1204.003
-- needs: pushes, manifests, deployments
-- benign when: the image itself is harmless
-- why: {deployed} {how} {image_tag} of {repository} ({image_digest}), which {pusher} had put on top of
--   an image of somebody else, from {event_time} on ({events:event})
SELECT
  d.event_key, p.push_key, p.event_key AS push_event, d.event_time, p.repository, d.principal,
  p.origin, p.image_tags AS image_tag, p.image_digest, d.deployed, p.origin AS pusher,
  CASE d.act WHEN 'pulled' THEN 'pulled' WHEN 'ran' THEN 'ran' WHEN 'defined' THEN 'defines'
    ELSE 'runs' END AS how,
  CAST(p.push_key AS VARCHAR) AS finding_key
FROM (SELECT DISTINCT push_key FROM extensions WHERE by_other AND same_tag) AS x
JOIN pushed AS p ON p.push_key = x.push_key
JOIN deployments AS d ON d.push_key = p.push_key AND d.outcome = 'ok'
  AND d.act IN ('deployed', 'ran', 'pulled')
