-- push_deployments: where the image of a push ran: deployments of its digest or of one of its
-- platforms, in whichever repository, by digest or by a tag that named it then; and deployments
-- whose tag this push moved while they ran, which get the image when they next pull.
-- parameters: push_key (BIGINT)
-- key: deployment_no
SELECT
  d.deployment_no,
  d.event_time,
  'runs it' AS relation,
  d.platform,
  d.act,
  d.deployed,
  d.definition,
  d.container,
  d.image,
  d.repository,
  d.matched,
  d.resolved_digest,
  CASE WHEN d.lasting AND d.outcome = 'ok' AND d.until IS NULL THEN TRUE ELSE FALSE END
    AS still_referenced,
  d.until,
  d.ended_how,
  d.outcome,
  d.error_code,
  d.origin,
  d.principal,
  d.access_key_id,
  d.account_id,
  d.event_region,
  d.event_name,
  d.event_key
FROM deployments AS d
WHERE d.resolved_digest IN (
  SELECT r.image_digest FROM push_records AS r
  WHERE r.push_key = $push_key AND r.part IN ('image', 'index', 'platform'))
UNION ALL
SELECT
  d.deployment_no,
  d.event_time,
  'tag moved here' AS relation,
  d.platform,
  d.act,
  d.deployed,
  d.definition,
  d.container,
  d.image,
  d.repository,
  d.matched,
  d.resolved_digest,
  CASE WHEN d.until IS NULL THEN TRUE ELSE FALSE END AS still_referenced,
  d.until,
  d.ended_how,
  d.outcome,
  d.error_code,
  d.origin,
  d.principal,
  d.access_key_id,
  d.account_id,
  d.event_region,
  d.event_name,
  d.event_key
FROM deployments AS d
JOIN tag_spans AS t ON t.push_key = $push_key AND t.repository = d.repository
  AND t.tag = d.image_tag AND t.since > d.event_time AND (d.until IS NULL OR t.since < d.until)
WHERE d.lasting AND d.outcome = 'ok' AND d.image_digest IS NULL
  AND t.image_digest <> coalesce(d.resolved_digest, '')
