-- evidence: the ledger: every file that was seen, read or not, and what became of it.
-- parameters: none
-- key: file_id
SELECT
  file_id,
  name,
  status,
  format,
  records,
  events,
  copies,
  size,
  compression,
  first_event,
  last_event,
  array_to_string(notes, '; ') AS notes,
  sha256,
  delivered,
  late
FROM files
