-- is_hourly: whether it is counted in `hours` when the events of a question about activity were: who
-- acted, and in which account, without a time and without what they called.
CAST($scope AS VARCHAR) IN ('all', 'session', 'key', 'identity', 'principal', 'origin')
      AND CAST($since AS TIMESTAMP) IS NULL AND CAST($until AS TIMESTAMP) IS NULL
      AND CAST($region AS VARCHAR) IS NULL AND CAST($service AS VARCHAR) IS NULL
      AND CAST($name AS VARCHAR) IS NULL AND CAST($error AS VARCHAR) IS NULL
      AND CAST($act AS VARCHAR) IS NULL
      AND
-- part: is_wide
