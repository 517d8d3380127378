-- is_hourly: whether a histogram can be answered from what is counted in `hours`: who acted, in which
-- account, in slices that begin and end at full hours.
CAST($scope AS VARCHAR) IN ('all', 'session', 'key', 'principal', 'origin')
      AND floor(CAST($start AS DOUBLE) / 3600) * 3600 = CAST($start AS DOUBLE)
      AND floor(CAST($width AS DOUBLE) / 3600) * 3600 = CAST($width AS DOUBLE)
      AND CAST($since AS TIMESTAMP) IS NULL AND CAST($until AS TIMESTAMP) IS NULL
      AND CAST($region AS VARCHAR) IS NULL AND CAST($service AS VARCHAR) IS NULL
      AND CAST($name AS VARCHAR) IS NULL AND CAST($error AS VARCHAR) IS NULL
      AND CAST($act AS VARCHAR) IS NULL
