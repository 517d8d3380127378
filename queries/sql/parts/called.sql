-- called: the condition on a row `e` of `called`, where the questions about activity can be
-- answered from what is counted there: the scope, and the filters and toggles that `scope` has too.
NOT e.merged AND CASE CAST($scope AS VARCHAR)
    WHEN 'all' THEN TRUE
-- part: who
  END
  AND (CAST($service AS VARCHAR) IS NULL OR e.event_source = $service)
  AND (CAST($name AS VARCHAR) IS NULL OR e.plain_name = $name OR e.event_name = $name)
  AND (CAST($error AS VARCHAR) IS NULL OR e.error_code = $error)
  AND (NOT coalesce(CAST($writes AS BOOLEAN), FALSE) OR e.is_write)
  AND (NOT coalesce(CAST($failures AS BOOLEAN), FALSE) OR e.outcome <> 'ok')
  AND (NOT coalesce(CAST($fold_layers AS BOOLEAN), FALSE) OR coalesce(e.registry_action, '') NOT IN (
    'check', 'upload', 'download'))
