-- is_called: whether a question about activity can be answered from what is counted in `called`:
-- who called what, without the time, and without from where.
CAST($scope AS VARCHAR) IN ('all', 'session', 'key', 'identity', 'principal', 'origin')
      AND CAST($since AS TIMESTAMP) IS NULL AND CAST($until AS TIMESTAMP) IS NULL
      AND CAST($account AS VARCHAR) IS NULL AND CAST($region AS VARCHAR) IS NULL
      AND CAST($act AS VARCHAR) IS NULL
      AND
-- part: is_wide
