-- asked: how each rule fared, and what it is about.
-- parameters: none
-- key: rule
SELECT
  r.rule, r.status, r.findings, r.unknown, r.severity, r.title, r.note, r.technique, r.sees,
  r.benign_when
FROM rule_runs AS r
