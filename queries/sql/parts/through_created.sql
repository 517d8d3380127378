-- through_created: the condition that an event `e` was made with a key, or as a user or role, that
-- $value (an origin, a principal or a key) created in this evidence.
e.access_key_id IN (
  SELECT c.created_key FROM created AS c
  WHERE c.outcome = 'ok' AND c.created_key IS NOT NULL
    AND $value IN (c.origin, c.principal, c.access_key_id))
OR e.identity_arn IN (
  SELECT c.arn FROM created AS c
  WHERE c.outcome = 'ok' AND c.kind IN ('user', 'role') AND c.arn IS NOT NULL
    AND $value IN (c.origin, c.principal, c.access_key_id))
