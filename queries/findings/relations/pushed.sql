-- pushed: pushes and attempts by people and jobs, with who is behind them in one word
-- columns: those of `pushes`, and event_second, identity_arn, identity_type, actor, nature, network
--   and client of the push (or of its probable login), day (1 is Monday), hour, minute (in the
--   configured time zone), weekend, learned_second, artifact (a signature, attestation or SBOM)
SELECT
  o.*,
  CASE WHEN a.value IS NULL THEN o.kind_of_actor ELSE 'job' END AS nature,
  extract(isodow FROM o.local_time) AS day,
  extract(hour FROM o.local_time) AS hour,
  extract(hour FROM o.local_time) * 60 + extract(minute FROM o.local_time) AS minute_of_day,
  extract(isodow FROM o.local_time) >= 6 AS weekend,
  o.kind IN ('signature', 'attestation', 'sbom') AS artifact,
  s.first_second, s.learned_second
FROM (
  SELECT
    p.*, e.provider, e.event_second, e.identity_arn, e.identity_type,
    coalesce(e.recipient_account_id, e.account_id) AS account,
    CASE WHEN e.identity_type = 'FederatedUser' THEN p.origin
      ELSE actor_of(CASE WHEN p.origin <> p.principal THEN p.origin END, e.identity_arn) END
      AS actor,
    nature_of(p.origin, p.principal) AS kind_of_actor,
    coalesce(address_of(p.source_ip_address), p.login_ip) AS address,
    network_of(coalesce(address_of(p.source_ip_address), p.login_ip)) AS network,
    client_of(CASE WHEN address_of(p.source_ip_address) IS NULL THEN p.login_agent
      ELSE p.user_agent END) AS client,
    timezone($time_zone, p.event_time AT TIME ZONE 'UTC') AS local_time
  FROM pushes AS p
  JOIN events AS e ON e.event_key = p.event_key
  WHERE p.made_by = 'person' AND e.event_second IS NOT NULL
) AS o
LEFT JOIN (SELECT DISTINCT value FROM listed WHERE kind = 'automation') AS a ON a.value = o.actor
LEFT JOIN spans AS s ON s.account = o.account AND s.region = o.aws_region
