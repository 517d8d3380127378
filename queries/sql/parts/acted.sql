-- acted: the condition on a row `e` of `actors`, where the questions about activity can be answered
-- from what is counted there: the scope, and the filters that `scope` has too.
NOT e.merged AND CASE CAST($scope AS VARCHAR)
    WHEN 'all' THEN TRUE
-- part: who
    WHEN 'address' THEN e.source_ip_address = $value
    WHEN 'addresses' THEN e.source_ip_address IN (SELECT a.source_ip_address FROM actors AS a
      WHERE position(' ' || a.source_ip_address || ' ' IN $value) > 0)
  END
  AND (CAST($account AS VARCHAR) IS NULL OR e.recipient_account_id = $account)
  AND (CAST($region AS VARCHAR) IS NULL OR e.aws_region = $region)
