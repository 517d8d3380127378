-- is_sliced: whether a histogram can be answered from what is counted in `hours`: which it is
-- if slices begin and end at full hours.
      floor(CAST($start AS DOUBLE) / 3600) * 3600 = CAST($start AS DOUBLE)
      AND floor(CAST($width AS DOUBLE) / 3600) * 3600 = CAST($width AS DOUBLE) AND
-- part: is_hourly
