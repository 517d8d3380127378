-- hourly: the condition on a row `e` of `hours`, where a histogram can be answered from what is counted
-- there: the scope, and the filters and toggles that `scope` has too.
CASE CAST($scope AS VARCHAR)
    WHEN 'all' THEN TRUE
-- part: who
  END
  AND (CAST($account AS VARCHAR) IS NULL OR e.recipient_account_id = $account)
  AND (NOT coalesce(CAST($writes AS BOOLEAN), FALSE) OR e.is_write)
  AND (NOT coalesce(CAST($failures AS BOOLEAN), FALSE) OR e.failures > 0)
  AND (NOT coalesce(CAST($fold_layers AS BOOLEAN), FALSE) OR NOT e.layer)
