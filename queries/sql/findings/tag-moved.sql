-- tag-moved: a tag was moved in a way it never was
-- sees: an existing tag names another image now, and (a) somebody set it who never did, or (b) the
--   image came in under this very tag, while the tag was only ever moved to images pushed before,
--   or (c) it is a version (it begins with a digit, or v and a digit) that was never moved before.
--   Several at once raise the severity. Tags that move with every build are none of these.
-- severity: medium
-- technique: T1525
-- needs: pushes
-- benign when: a release made by another pipeline than usual, a version pushed again on purpose
-- why: {origin} moved {image_tag} of {repository} from {previous_digest} (put there by
--   {previous_principal} at {previous_time}) to {image_digest}; {reasons}
-- minutes = 30: a version pushed again so soon after is a build that was run again
SELECT
  event_key, push_key, event_time, repository, principal, origin, image_tag, image_digest,
  previous_digest, previous_principal, previous_time, previous_event,
  CASE WHEN by_new + odd + version >= 2 THEN 'high' WHEN by_new + odd + version = 1 AND by_new = 1
    AND known THEN 'low' ELSE 'medium' END AS severity,
  CASE WHEN by_new = 1 THEN 'set by somebody who never set this tag' ELSE '' END
    || CASE WHEN by_new = 1 AND odd + version > 0 THEN ', ' ELSE '' END
    || CASE WHEN odd = 1 THEN 'the image is new, while the tag was only moved to images pushed'
      || ' before' ELSE '' END
    || CASE WHEN odd = 1 AND version = 1 THEN ', ' ELSE '' END
    || CASE WHEN version = 1 THEN 'a version that was never moved before' ELSE '' END AS reasons
FROM (
  SELECT
    p.event_key, p.push_key, p.event_time, p.repository, p.principal, p.origin, t.image_tag,
    p.image_digest, p.previous_digest, p.previous_principal, p.previous_time,
    p.previous_push AS previous_event, NOT t.fresh AS known,
    CASE WHEN t.earlier_by_actor = 0 AND p.event_second >= p.learned_second
      AND p.previous_principal <> p.principal THEN 1
      WHEN t.earlier_by_actor = 0 AND t.earlier_sets >= 2 AND p.event_second >= p.learned_second
      THEN 1 ELSE 0 END AS by_new,
    CASE WHEN t.fresh AND t.earlier_fresh = 0 AND t.earlier_known >= 2 THEN 1 ELSE 0 END AS odd,
    CASE WHEN t.earlier_fresh + t.earlier_known = 0
      AND p.event_second - q.event_second > $minutes * 60
      AND (t.image_tag BETWEEN '0' AND '9zzzz' OR t.image_tag BETWEEN 'v0' AND 'v9zzzz')
      AND t.image_tag LIKE '%.%.%' THEN 1 ELSE 0 END AS version
  FROM tag_sets AS t
  JOIN pushed AS p ON p.push_key = t.push_key
  LEFT JOIN pushed AS q ON q.push_key = p.previous_push
  WHERE t.moved AND p.previous_digest <> p.image_digest
) AS m
WHERE by_new + odd + version > 0
