-- registry: the registry's events without the calls that move layers, with who is behind each
-- columns: those of `events` under their names, and account, origin (start of the chain of
--   sessions), actor (origin or role: all sessions of one are the same actor), nature (person,
--   job, role, root, service), address, network, client (family of the user agent)
SELECT
  o.*,
  CASE WHEN a.value IS NULL THEN o.kind_of_actor ELSE 'job' END AS nature
FROM (
  SELECT
    e.event_key, e.event_id, e.event_time, e.event_second, e.event_source, e.event_name,
    e.plain_name, e.provider, e.registry_action,
    e.aws_region, coalesce(e.recipient_account_id, e.account_id) AS account, e.account_id,
    e.registry_id, e.repository, e.repository_name, e.image_tag, e.image_digest, e.principal,
    e.identity_arn, e.identity_type, e.issuer_arn, e.access_key_id, e.user_agent, e.invoked_by,
    e.error_code, e.outcome, e.is_write, e.target, e.request_parameters, e.response_elements,
    coalesce(s.origin, CASE WHEN e.identity_type = 'FederatedUser' THEN e.issuer_arn END,
      e.principal) AS origin,
    actor_of(s.origin, e.identity_arn) AS actor,
    nature_of(coalesce(s.origin, e.principal), e.principal) AS kind_of_actor,
    address_of(e.source_ip_address) AS address,
    network_of(e.source_ip_address) AS network,
    client_of(e.user_agent) AS client
  FROM events AS e
  LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
  WHERE e.registry_action NOT IN ('check', 'upload', 'download')
    AND e.merged_into IS NULL AND coalesce(e.event_category, '') <> 'Insight'
    AND e.event_second IS NOT NULL
) AS o
LEFT JOIN (SELECT DISTINCT value FROM listed WHERE kind = 'automation') AS a ON a.value = o.actor
