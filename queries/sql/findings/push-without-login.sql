-- push-without-login: no registry login before the push
-- sees: a push with docker, or with a long-term key, and no GetAuthorizationToken of its principal in
--   the 12 hours that a login lasts. Only where those hours are covered and reads of the registry are
--   in the evidence at all; elsewhere the answer is unknown, and counted as such.
-- severity: medium
-- technique: T1550.001
-- needs: pushes, reads
-- benign when: an image put with the API, which needs no login
-- why: {origin} pushed {image_tag} to {repository} with {via} and key {access_key_id}, but nobody of
--   that name got a registry login in the {window} hours before
-- window = 12: hours that a registry login lasts
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, p.via, p.access_key_id, $window AS window,
  s.registry_reads IS NULL OR s.registry_reads = 0 OR EXISTS (
    SELECT 1 FROM gaps AS g WHERE g.account = p.account AND g.region = p.aws_region
      AND g.first_second < p.event_second AND g.last_second > p.event_second - $window * 3600
  ) OR p.event_second - s.first_second < $window * 3600 AS unknown,
  p.repository || ' ' || p.principal || ' ' || coalesce(p.access_key_id, '') || ' '
    || substr(CAST(p.event_time AS VARCHAR), 1, 10) AS finding_key
FROM pushed AS p
LEFT JOIN spans AS s ON s.account = p.account AND s.region = p.aws_region
WHERE p.outcome = 'ok' AND p.login_event IS NULL
  AND (p.provider = 'aws' OR p.provider IN (SELECT r.provider FROM registry AS r
    WHERE r.registry_action = 'login'))
  AND (p.via = 'docker client' OR p.access_key_id LIKE 'AKIA%')
