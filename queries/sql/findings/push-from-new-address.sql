-- push-from-new-address: push from a network never seen of its actor
-- sees: the push, or the registry login it was probably made with, comes from a network (/24, or
--   /48 of IPv6) from which its actor was never seen a day before, while three networks at most
--   were known. Addresses in a listed network are left out.
-- severity: low
-- technique: T1078
-- needs: pushes, reads, learning
-- benign when: somebody travels or works from home, or a build moved to another runner
-- why: {origin} pushed {image_tag} to {repository} from {address}, never seen before; known before:
--   {known:other network}
SELECT
  p.event_key, p.push_key, p.login_event, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, p.address, n.networks_before AS known,
  p.actor || ' ' || p.network AS finding_key
FROM novelty AS n
JOIN pushed AS p ON p.push_key = n.push_key
WHERE n.new_network
  AND NOT EXISTS (SELECT 1 FROM listed AS l WHERE l.kind = 'address' AND l.value = p.address)
