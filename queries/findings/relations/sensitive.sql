-- sensitive: calls outside the registry that gain rights, stay, read secrets, run code or open a way in,
--   done by an origin that also pushed
-- columns: event_key, event_time, event_second, event_source, event_name, what (rights, persistence,
--   secrets, code, network), outcome, target, principal, access_key_id, origin, actor
SELECT e.event_key, e.event_time, e.event_second, e.event_source, e.event_name, c.what, e.outcome,
  e.target, e.principal, e.access_key_id, coalesce(s.origin, e.principal) AS origin,
  actor_of(s.origin, e.identity_arn) AS actor
FROM events AS e
JOIN (VALUES
  ('iam.amazonaws.com', 'CreateAccessKey', 'persistence'),
  ('iam.amazonaws.com', 'CreateUser', 'persistence'),
  ('iam.amazonaws.com', 'CreateRole', 'persistence'),
  ('iam.amazonaws.com', 'CreateLoginProfile', 'persistence'),
  ('iam.amazonaws.com', 'UpdateLoginProfile', 'persistence'),
  ('iam.amazonaws.com', 'UpdateAssumeRolePolicy', 'persistence'),
  ('iam.amazonaws.com', 'CreateOpenIDConnectProvider', 'persistence'),
  ('iam.amazonaws.com', 'CreateSAMLProvider', 'persistence'),
  ('iam.amazonaws.com', 'DeactivateMFADevice', 'persistence'),
  ('iam.amazonaws.com', 'AttachUserPolicy', 'rights'),
  ('iam.amazonaws.com', 'AttachRolePolicy', 'rights'),
  ('iam.amazonaws.com', 'AttachGroupPolicy', 'rights'),
  ('iam.amazonaws.com', 'PutUserPolicy', 'rights'),
  ('iam.amazonaws.com', 'PutRolePolicy', 'rights'),
  ('iam.amazonaws.com', 'PutGroupPolicy', 'rights'),
  ('iam.amazonaws.com', 'AddUserToGroup', 'rights'),
  ('iam.amazonaws.com', 'CreatePolicyVersion', 'rights'),
  ('iam.amazonaws.com', 'SetDefaultPolicyVersion', 'rights'),
  ('secretsmanager.amazonaws.com', 'GetSecretValue', 'secrets'),
  ('secretsmanager.amazonaws.com', 'BatchGetSecretValue', 'secrets'),
  ('ssm.amazonaws.com', 'SendCommand', 'code'),
  ('ssm.amazonaws.com', 'StartSession', 'code'),
  ('lambda.amazonaws.com', 'CreateFunction20150331', 'code'),
  ('lambda.amazonaws.com', 'CreateFunction', 'code'),
  ('lambda.amazonaws.com', 'AddPermission20150331v2', 'code'),
  ('lambda.amazonaws.com', 'AddPermission20150331', 'code'),
  ('lambda.amazonaws.com', 'AddPermission', 'code'),
  ('ec2.amazonaws.com', 'RunInstances', 'code'),
  ('ec2.amazonaws.com', 'GetPasswordData', 'secrets'),
  ('ec2.amazonaws.com', 'CreateKeyPair', 'persistence'),
  ('ec2.amazonaws.com', 'ImportKeyPair', 'persistence'),
  ('ec2.amazonaws.com', 'AuthorizeSecurityGroupIngress', 'network'),
  ('ec2.amazonaws.com', 'ModifySnapshotAttribute', 'secrets'),
  ('ec2.amazonaws.com', 'ModifyImageAttribute', 'secrets'),
  ('rds.amazonaws.com', 'ModifyDBSnapshotAttribute', 'secrets'),
  ('s3.amazonaws.com', 'PutBucketPolicy', 'rights'),
  ('kms.amazonaws.com', 'PutKeyPolicy', 'rights'),
  ('eks.amazonaws.com', 'CreateAccessEntry', 'rights'),
  ('eks.amazonaws.com', 'AssociateAccessPolicy', 'rights'),
  ('organizations.amazonaws.com', 'LeaveOrganization', 'persistence')
) AS c(source, name, what) ON c.source = e.event_source AND c.name = e.event_name
LEFT JOIN sessions AS s ON s.access_key_id = e.access_key_id
WHERE e.merged_into IS NULL AND e.event_second IS NOT NULL
  AND coalesce(s.origin, e.principal) IN (SELECT origin FROM pushed)
