-- push-with-new-client: push with a client never seen of its actor
-- sees: the push, or the registry login it was probably made with, was made with a family of
--   clients (aws-cli, boto3, docker …) that its actor never used a day before.
-- severity: low
-- technique: T1525
-- needs: pushes, reads, learning
-- benign when: a tool was changed or upgraded to one with another name
-- why: {origin} pushed {image_tag} to {repository} with {client}, which it never used before
SELECT
  p.event_key, p.push_key, p.login_event, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, p.client, p.actor || ' ' || p.client AS finding_key
FROM novelty AS n
JOIN pushed AS p ON p.push_key = n.push_key
WHERE n.new_client
