-- deployed-image-replaced: the tag of a running image was moved under it
-- sees: a service or function that runs an image by tag, and the tag was moved to another image while
--   it ran, by an actor who never set that tag before, or to an image that came in under the tag: the
--   next task or node that starts runs the other image.
-- severity: high
-- technique: T1525
-- needs: pushes, deployments
-- benign when: a release that moves the tag first and deploys after
-- why: {origin} moved {image_tag} of {repository} to {image_digest} while {deployed} ran it from
--   {deployed_time} on ({deployed_by} deployed it)
SELECT
  p.event_key, p.push_key, d.event_key AS deployment_event, p.event_time, p.repository,
  p.principal, p.origin, t.image_tag, p.image_digest, d.deployed, d.event_time AS deployed_time,
  d.origin AS deployed_by, CAST(p.push_key AS VARCHAR) || ' ' || d.deployed AS finding_key
FROM tag_sets AS t
JOIN pushed AS p ON p.push_key = t.push_key AND p.outcome = 'ok'
JOIN deployments AS d ON d.repository = t.repository AND d.image_tag = t.image_tag
  AND d.image_digest IS NULL AND d.lasting AND d.act = 'deployed' AND d.outcome = 'ok'
  AND d.event_time < p.event_time AND (d.until IS NULL OR d.until > p.event_time)
WHERE t.moved AND coalesce(d.resolved_digest, '') <> p.image_digest
  AND ((t.earlier_by_actor = 0 AND t.earlier_sets >= 2 AND p.event_second >= p.learned_second)
    OR (t.fresh AND t.earlier_fresh = 0 AND t.earlier_known >= 2))
