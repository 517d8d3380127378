-- is_acted: whether a question about activity can be answered from what is counted in `actors`: who
-- acted, and from where, without the time and without what they called.
CAST($scope AS VARCHAR) IN ('all', 'session', 'key', 'identity', 'principal', 'origin', 'address', 'addresses')
      AND CAST($since AS TIMESTAMP) IS NULL AND CAST($until AS TIMESTAMP) IS NULL
      AND CAST($service AS VARCHAR) IS NULL AND CAST($name AS VARCHAR) IS NULL
      AND CAST($error AS VARCHAR) IS NULL AND CAST($act AS VARCHAR) IS NULL
      AND NOT coalesce(CAST($writes AS BOOLEAN), FALSE)
      AND NOT coalesce(CAST($failures AS BOOLEAN), FALSE)
      AND NOT coalesce(CAST($fold_layers AS BOOLEAN), FALSE)
      AND
-- part: is_wide
