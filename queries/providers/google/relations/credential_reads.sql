-- credential_reads, of Google: what Cloud Run and Cloud Build are told to run
SELECT event_key, 'the metadata server' AS from_where
FROM events
WHERE provider = 'google' AND merged_into IS NULL AND deployment IS NOT NULL
  AND (request_parameters LIKE '%169.254.169.254%'
    OR request_parameters LIKE '%metadata.google.internal%')
