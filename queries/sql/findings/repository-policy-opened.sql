-- repository-policy-opened: a policy lets others in
-- sees: a policy of a repository, of the registry or of a creation template that allows everybody, or
--   an account that is neither in the evidence nor on the list of accounts, to pull or push. Each
--   statement is judged by itself; a condition that says who or from where (such as
--   aws:PrincipalOrgID) lowers the severity, one that says neither, or everybody, does not.
-- severity: high
-- technique: T1199
-- needs: writes
-- benign when: a partner's account, an image meant to be public
-- why: {origin} set a policy on {repository} that lets {grantee} {verbs}{condition_clause}
SELECT
  r.event_key, r.event_time, coalesce(r.repository, r.registry_id) AS repository, r.principal,
  r.origin, CASE WHEN g.grantee = '*' THEN 'everybody' ELSE g.grantee END AS grantee,
  CASE WHEN g.pulls AND g.pushes THEN 'pull and push' WHEN g.pushes THEN 'push' ELSE 'pull' END
    AS verbs,
  CASE WHEN g.conditions IS NOT NULL THEN ', under the condition ' || g.conditions
    || CASE WHEN g.limited THEN '' ELSE ', which does not say who alone may' END END AS condition_clause,
  CASE WHEN g.limited THEN 'low' WHEN g.pushes THEN 'high' ELSE 'medium' END
    AS severity,
  CAST(r.event_key AS VARCHAR) || ' ' || g.grantee AS finding_key
FROM grants AS g
JOIN registry AS r ON r.event_key = g.event_key
WHERE g.effect = 'Allow' AND g.outside AND (g.pulls OR g.pushes)
