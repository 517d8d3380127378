-- who_is: principals that a name may mean: the last part of an ARN (user, role or session), a user
-- name, a source identity, or an origin's; upper and lower case alike.
-- parameters: value (VARCHAR)
-- key: identity_arn, principal
SELECT
  a.identity_arn,
  a.principal,
  max(a.user_name) AS user_name,
  max(a.source_identity) AS source_identity,
  CAST(sum(a.events) AS BIGINT) AS events
FROM actors AS a
WHERE lower(a.principal) = lower($value) OR lower(a.identity_arn) = lower($value)
  OR substr(lower(a.principal), length(a.principal) - length($value)) = '/' || lower($value)
  OR substr(lower(a.identity_arn), length(a.identity_arn) - length($value)) = '/' || lower($value)
  OR lower(a.user_name) = lower($value) OR lower(a.source_identity) = lower($value)
GROUP BY a.identity_arn, a.principal
