-- is_wide: whether no filter stands that only single events can be asked about.
CAST($address AS VARCHAR) IS NULL AND CAST($client AS VARCHAR) IS NULL
      AND CAST($access_key AS VARCHAR) IS NULL AND CAST($who AS VARCHAR) IS NULL
      AND CAST($resource AS VARCHAR) IS NULL AND CAST($repository AS VARCHAR) IS NULL
      AND CAST($caller AS VARCHAR) IS NULL
