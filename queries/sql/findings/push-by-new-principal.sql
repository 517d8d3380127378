-- push-by-new-principal: first push to this repository by somebody new
-- sees: a push to a repository that others push to, by an actor who never pushed to it before.
--   Sessions of one role or origin are one actor, and so are all jobs of one GitHub repository.
-- severity: medium
-- technique: T1525
-- needs: pushes, learning
-- benign when: a new team member, a new pipeline or a renamed role took over the repository
-- why: {origin} pushed {image_tag} to {repository} for the first time, after {earlier:push/pushes} by
--   others ({usual} was the last of them)
SELECT
  p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin,
  p.image_tags AS image_tag, p.image_digest, n.earlier_here AS earlier,
  coalesce(l.origin, l.principal) AS usual,
  p.repository || ' ' || p.actor AS finding_key
FROM novelty AS n
JOIN pushed AS p ON p.push_key = n.push_key
LEFT JOIN (
  SELECT push_key, origin, principal FROM (
    SELECT n.push_key, q.origin, q.principal, row_number() OVER (
      PARTITION BY n.push_key ORDER BY q.event_second DESC NULLS LAST,
        q.push_key NULLS LAST) AS nth
    FROM novelty AS n
    JOIN pushed AS p ON p.push_key = n.push_key
    JOIN pushed AS q ON q.repository = p.repository AND q.event_second < p.event_second
      AND q.outcome = 'ok' AND q.actor <> p.actor
    WHERE n.new_actor
  ) AS before WHERE nth = 1
) AS l ON l.push_key = n.push_key
WHERE n.new_actor
