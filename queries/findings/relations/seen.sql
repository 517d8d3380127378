-- seen: from which networks and with which clients each actor that pushes was ever seen, whatever
--   service it called; the first five of each, as an actor with more has no habit
-- columns: actor, kind (network, client), value, first_second
SELECT actor, kind, value, first_second FROM (
SELECT *, row_number() OVER (PARTITION BY actor, kind ORDER BY first_second, value) AS nth FROM (
SELECT identity_arn AS actor, 'network' AS kind, network_of(source_ip_address) AS value,
  min(epoch(first_seen)::BIGINT) AS first_second
FROM actors
WHERE first_seen IS NOT NULL AND address_of(source_ip_address) IS NOT NULL
  AND identity_arn IN (SELECT actor FROM pushed)
GROUP BY 1, 2, 3
UNION ALL
SELECT identity_arn, 'client', client_of(user_agent), min(first_second)
FROM (
  SELECT identity_arn, user_agent, min(event_second) AS first_second
  FROM events WHERE event_second IS NOT NULL AND address_of(source_ip_address) IS NOT NULL
    AND identity_arn IN (SELECT actor FROM pushed)
  GROUP BY identity_arn, user_agent
) AS c WHERE user_agent <> '' GROUP BY 1, 2, 3
) AS a) AS b WHERE nth <= 5
