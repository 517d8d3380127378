-- workloads, of clusters
SELECT
  w.*, coalesce(nullif(w.cluster, '') || '/', '') || coalesce(nullif(w.namespace, ''), '?') AS place,
  array_to_string(list_filter([
    CASE WHEN w.privileged <> '' THEN 'privileged container ' || w.privileged END,
    CASE WHEN w.host <> '' THEN w.host END,
    CASE WHEN w.host_paths <> '' THEN 'the node''s files ' || w.host_paths END,
    CASE WHEN w.capabilities <> '' THEN 'capability ' || w.capabilities END
  ], lambda word: word IS NOT NULL), ', ') AS risks
FROM (
  SELECT e.event_key, e.event_time, e.event_second, e.event_name, e.principal, e.access_key_id,
    coalesce(s.origin, e.principal) AS origin, e.outcome,
    coalesce(e.request_parameters ->> '$.verb', '') AS verb,
    coalesce(e.request_parameters ->> '$.resource', '') AS resource,
    coalesce(e.request_parameters ->> '$.subresource', '') AS subresource,
    coalesce(e.request_parameters ->> '$.cluster', '') AS cluster,
    coalesce(e.request_parameters ->> '$.namespace', '') AS namespace,
    coalesce(e.request_parameters ->> '$.name', '') AS name,
    coalesce(e.request_parameters ->> '$.owner', '') AS owner,
    array_to_string(e.request_parameters ->> '$.privileged[*]', ', ') AS privileged,
    array_to_string(e.request_parameters ->> '$.host[*]', ', ') AS host,
    array_to_string(e.request_parameters ->> '$.hostPaths[*]', ', ') AS host_paths,
    array_to_string(e.request_parameters ->> '$.capabilities[*]', ', ') AS capabilities,
    array_to_string(e.request_parameters ->> '$.command[*]', ' ') AS command
  FROM events AS e
  LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
  WHERE e.event_source = 'kubernetes' AND e.merged_into IS NULL AND e.event_second IS NOT NULL
    AND e.is_write AND json_valid(e.request_parameters)
    AND (e.deployment IS NOT NULL OR e.event_name LIKE '%pods/%')
) AS w
