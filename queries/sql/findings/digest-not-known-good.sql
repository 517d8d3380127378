-- digest-not-known-good: an image that is on no list of builds
-- sees: a pushed image whose digest is not on the list of known-good digests (from CI, a signing
--   store, an SBOM store).
-- severity: medium
-- technique: T1525
-- needs: pushes, digests
-- benign when: the list does not hold that build, or only the digests of an index's platforms
-- why: {origin} pushed {image_tag} to {repository}, and its digest {image_digest} is on no list of
--   known builds
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, p.repository || ' ' || p.image_digest AS finding_key
FROM pushed AS p
WHERE p.outcome = 'ok' AND p.kind IN ('image', 'index', 'unknown') AND p.image_digest IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM listed AS l WHERE l.kind = 'digest' AND l.value = p.image_digest)
