-- who: of a CASE by $scope, the scopes that say who acted, about a row `e` that has the columns of who
-- it was: an event, or what is counted of events.
    WHEN 'session' THEN e.principal = $principal AND (e.access_key_id = $value
      OR (CAST($value AS VARCHAR) IS NULL AND e.access_key_id IS NULL))
    WHEN 'key' THEN e.access_key_id = $value
    WHEN 'identity' THEN e.identity_arn = $value
    WHEN 'principal' THEN e.identity_arn = $value OR e.principal = $value
    WHEN 'origin' THEN e.principal = $value OR e.identity_arn = $value
      OR (e.identity_type = 'FederatedUser' AND e.issuer_arn = $value)
      OR e.access_key_id IN (SELECT s.access_key_id FROM sessions AS s WHERE s.origin = $value)
