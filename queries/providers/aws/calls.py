"""What calls of AWS mean beside the registry, and who their names tell of.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping

from queries.providers.base import Calls
from queries.providers.subjects import is_subject
from queries.providers.vocabulary import (
    CONSOLE_LOGIN,
    CREDENTIAL_MADE,
    EVIDENCE_STOPPED,
    GAINS_RIGHTS,
    IDENTITY_CHANGED,
    LOGGING_CHANGED,
    LOGGING_TAMPERED,
    LOGGING_TRIMMED,
    NEW_WAY,
    OPENS_NETWORK,
    PUBLIC_PUSH,
    READS_SECRETS,
    RUNS_CODE,
    SCANNING_STOPPED,
    SECRET_READ,
    STAYS,
)

_QUERY_LOGS = ("DeleteResolverQueryLogConfig", "DisassociateResolverQueryLogConfig")
_SWITCHES = (
    *("includeManagementEvents", "isMultiRegionTrail", "includeGlobalServiceEvents"),
    *("enableLogFileValidation", "enable"),
)
_BLINDED = " OR ".join(
    [
        *(f"e.request_parameters LIKE '%\"{name}\":{gap}false%'"
          for name in _SWITCHES for gap in ("", " ")),
        """e.request_parameters LIKE '%"readWriteType":%"ReadOnly"%'""",
        """e.request_parameters LIKE '%"advancedEventSelectors":%{%'
          AND e.request_parameters NOT LIKE '%"Management"%'""",
        """e.request_parameters LIKE '%"advancedEventSelectors":%otEquals%ecr.amazonaws.com%'""",
    ]
)  # fmt: skip
"""Changes of a trail or a detector after which it sees less of what this program is about: whole
regions or the calls that push left out, digests no longer written, detection off.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html"""

CALLS: Mapping[str, Calls] = {
    CONSOLE_LOGIN: Calls({"signin.amazonaws.com": ("ConsoleLogin",)}),
    CREDENTIAL_MADE: Calls(
        {
            "iam.amazonaws.com": ("CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile"),
            "sts.amazonaws.com": (
                "GetSessionToken",
                "GetFederationToken",
                "AssumeRole",
                "AssumeRoleWithSAML",
                "AssumeRoleWithWebIdentity",
                "AssumeRoot",
            ),
            "sso.amazonaws.com": ("CreateToken",),
            "sso-oauth.amazonaws.com": ("CreateToken",),
        }
    ),
    IDENTITY_CHANGED: Calls(
        writes=(
            "iam.amazonaws.com",
            "sso.amazonaws.com",
            "sso-directory.amazonaws.com",
            "identitystore.amazonaws.com",
            "organizations.amazonaws.com",
        )
    ),
    SECRET_READ: Calls(
        {
            "secretsmanager.amazonaws.com": ("GetSecretValue", "BatchGetSecretValue"),
            "ssm.amazonaws.com": (
                "GetParameter",
                "GetParameters",
                "GetParametersByPath",
                "GetParameterHistory",
            ),
            "ec2.amazonaws.com": ("GetPasswordData",),
        }
    ),
    LOGGING_CHANGED: Calls(
        {
            "cloudtrail.amazonaws.com": (
                "StopLogging",
                "DeleteTrail",
                "UpdateTrail",
                "PutEventSelectors",
                "PutInsightSelectors",
                "DeleteEventDataStore",
                "UpdateEventDataStore",
                "StopEventDataStoreIngestion",
            ),
            "guardduty.amazonaws.com": ("DeleteDetector", "UpdateDetector"),
            "config.amazonaws.com": ("StopConfigurationRecorder", "DeleteConfigurationRecorder"),
            "ec2.amazonaws.com": ("DeleteFlowLogs",),
            "logs.amazonaws.com": ("DeleteLogGroup", "DeleteLogStream", "PutRetentionPolicy"),
            "route53resolver.amazonaws.com": _QUERY_LOGS,
        }
    ),
    LOGGING_TAMPERED: Calls(
        {
            "cloudtrail.amazonaws.com": (
                "StopLogging",
                "DeleteTrail",
                "UpdateTrail",
                "PutEventSelectors",
                "DeleteEventDataStore",
                "StopEventDataStoreIngestion",
            ),
            "ec2.amazonaws.com": ("DeleteFlowLogs",),
            "logs.amazonaws.com": ("DeleteLogGroup", "DeleteLogStream"),
            "guardduty.amazonaws.com": (
                "DeleteDetector",
                "UpdateDetector",
                "StopMonitoringMembers",
                "DisassociateMembers",
                "DeletePublishingDestination",
            ),
            "config.amazonaws.com": (
                "StopConfigurationRecorder",
                "DeleteConfigurationRecorder",
                "DeleteDeliveryChannel",
            ),
            "route53resolver.amazonaws.com": _QUERY_LOGS,
        }
    ),
    EVIDENCE_STOPPED: Calls(
        {
            "cloudtrail.amazonaws.com": (
                "StopLogging",
                "StartLogging",
                "DeleteTrail",
                "UpdateTrail",
                "PutEventSelectors",
                "DeleteEventDataStore",
                "StopEventDataStoreIngestion",
            )
        }
    ),
    LOGGING_TRIMMED: Calls(
        {
            "logs.amazonaws.com": ("DeleteLogGroup",),
            "ec2.amazonaws.com": ("DeleteFlowLogs",),
            "route53resolver.amazonaws.com": _QUERY_LOGS,
        },
        also=f"(e.event_source = 'cloudtrail.amazonaws.com'"
        f" AND e.plain_name IN ('PutEventSelectors', 'UpdateTrail')"
        f" OR e.event_source = 'guardduty.amazonaws.com' AND e.plain_name = 'UpdateDetector')"
        f" AND NOT coalesce({_BLINDED}, FALSE)",
    ),
    # https://docs.aws.amazon.com/inspector/v2/APIReference/API_Disable.html
    SCANNING_STOPPED: Calls(
        {},
        also="e.event_source = 'inspector2.amazonaws.com' AND e.plain_name = 'Disable'"
        " AND (position('resourceTypes' IN coalesce(e.request_parameters, '')) = 0"
        " OR position('\"ECR\"' IN e.request_parameters) > 0)",
    ),
    GAINS_RIGHTS: Calls(
        {
            "iam.amazonaws.com": (
                "AttachUserPolicy",
                "AttachRolePolicy",
                "AttachGroupPolicy",
                "PutUserPolicy",
                "PutRolePolicy",
                "PutGroupPolicy",
                "AddUserToGroup",
                "CreatePolicyVersion",
                "SetDefaultPolicyVersion",
            ),
            "s3.amazonaws.com": ("PutBucketPolicy",),
            "kms.amazonaws.com": ("PutKeyPolicy",),
            "eks.amazonaws.com": (
                "CreateAccessEntry",
                "AssociateAccessPolicy",
            ),
        }
    ),
    STAYS: Calls(
        {
            "iam.amazonaws.com": (
                "CreateAccessKey",
                "CreateUser",
                "CreateRole",
                "CreateLoginProfile",
                "UpdateLoginProfile",
                "UpdateAssumeRolePolicy",
                "CreateOpenIDConnectProvider",
                "CreateSAMLProvider",
                "DeactivateMFADevice",
            ),
            "ec2.amazonaws.com": (
                "CreateKeyPair",
                "ImportKeyPair",
            ),
            "organizations.amazonaws.com": ("LeaveOrganization",),
        }
    ),
    READS_SECRETS: Calls(
        {
            "secretsmanager.amazonaws.com": (
                "GetSecretValue",
                "BatchGetSecretValue",
            ),
            "ec2.amazonaws.com": (
                "GetPasswordData",
                "ModifySnapshotAttribute",
                "ModifyImageAttribute",
            ),
            "rds.amazonaws.com": ("ModifyDBSnapshotAttribute",),
        }
    ),
    RUNS_CODE: Calls(
        {
            "ssm.amazonaws.com": (
                "SendCommand",
                "StartSession",
            ),
            "lambda.amazonaws.com": (
                "CreateFunction",
                "AddPermission",
            ),
            "ec2.amazonaws.com": ("RunInstances",),
        }
    ),
    OPENS_NETWORK: Calls(
        {
            "ec2.amazonaws.com": ("AuthorizeSecurityGroupIngress",),
        }
    ),
    PUBLIC_PUSH: Calls({"ecr-public.amazonaws.com": ("PutImage",)}),
    NEW_WAY: Calls(
        {
            "ecr.amazonaws.com": (
                "PutReplicationConfiguration",
                "StartReplicationBackfill",
                "CreatePullThroughCacheRule",
                "UpdatePullThroughCacheRule",
                "CreateRepositoryCreationTemplate",
                "UpdateRepositoryCreationTemplate",
            )
        }
    ),
}

NATURES = (
    ("origin LIKE 'arn:%:root'", "root"),
    ("principal NOT LIKE 'arn:%' AND principal LIKE '%.amazonaws.com'", "service"),
    ("origin LIKE '%.amazonaws.com' OR origin LIKE 'arn:%:rolesanywhere:%'", "job"),
)
LIKELY_NATURES = (
    ("origin LIKE 'arn:%:user/%' OR origin LIKE '%AWSReservedSSO_%'", "person"),
    (
        "origin LIKE '%/GitHubActions' OR origin LIKE '%/AWSCodeBuild-%' OR origin LIKE '%/i-%'"
        " OR origin LIKE '%/botocore-session-%'"
        " OR origin LIKE '%/eks-%-________-____-____-____-____________'",
        "job",
    ),
)
"""By the names that tools give sessions."""

ACTORS = (
    (
        "origin LIKE '%.amazonaws.com' OR origin LIKE 'arn:%:assumed-role/%'"
        " AND split_part(origin, '/', 2) = split_part(identity_arn, '/', -1)",
        "identity_arn",
    ),
    (
        "origin LIKE 'arn:%:assumed-role/%'",
        "replace(split_part(origin, ':assumed-role/', 1), ':sts:', ':iam:') || ':role/'"
        " || split_part(origin, '/', 2)",
    ),
)
"""All sessions of a role are one actor."""

WORKLOAD = (
    """CASE
  WHEN e.invoked_by LIKE '%.amazonaws.com' THEN replace(e.invoked_by, '.amazonaws.com', '')
  WHEN e.identity_type = 'AWSService' THEN replace(e.principal, '.amazonaws.com', '')
  WHEN regexp_matches(e.principal, ':assumed-role/[^/]+/i-[0-9a-f]{8,17}$')
    THEN CASE WHEN regexp_matches(e.principal, '(?i):assumed-role/[^/]*(eks|karpenter|nodegroup)')
      THEN 'EKS node' ELSE 'EC2 node' END
  WHEN regexp_matches(e.principal, '(?i):assumed-role/[^/]*eks[^/]*fargate') THEN 'EKS Fargate'
  WHEN regexp_matches(e.principal, ':assumed-role/[^/]+/[0-9a-f]{32}$')
    OR regexp_matches(e.principal, '(?i):assumed-role/[^/]*(task|ecs)[^/]*exec[^/]*/')
    THEN 'ECS task'
  WHEN regexp_matches(e.principal, ':assumed-role/[^/]+/AWSCodeBuild-') THEN 'CodeBuild'
  WHEN regexp_matches(e.principal, '(?i):assumed-role/[^/]+/(sagemaker|apprunner|batch)')
    THEN 'AWS service'
  WHEN coalesce(e.identity_provider, s.identity_provider) LIKE '%oidc.eks.%'
    OR s.origin LIKE 'pods.eks.amazonaws.com%'
    OR e.principal LIKE '%:assumed-role/%/eks-%-________-____-____-____-____________' THEN 'EKS pod'
  WHEN e.identity_provider IS NOT NULL OR """
    + is_subject("s.subject")
    + """
    OR s.identity_provider LIKE '%token.actions.githubusercontent.com%'
    OR s.identity_provider LIKE '%gitlab%' THEN 'CI job'
  WHEN e.identity_type IN ('IAMUser', 'Root', 'SAMLUser', 'FederatedUser', 'IdentityCenterUser')
    OR regexp_matches(e.principal, ':assumed-role/AWSReservedSSO_') THEN 'person'
  WHEN e.identity_type = 'AWSAccount' THEN 'another account'
  WHEN e.identity_type = 'AssumedRole' THEN 'role session'
  ELSE 'unknown' END"""
)
"""What pulled, by the names AWS gives sessions: an instance's id on a node, 32 hexadecimal digits
on an ECS task, AWSCodeBuild-… in a build, eks-CLUSTER-POD-UUID in a pod with Pod Identity. A role
can be called anything, so it is a likeness.
https://docs.aws.amazon.com/eks/latest/APIReference/API_auth_AssumedRoleUser.html"""
NODES = {"EC2 node": "ec2", "EKS node": "eks", "EKS Fargate": "eks"}

ASKED_BY: Mapping[str, tuple[str, ...]] = {
    "cloudformation.amazonaws.com": (
        "CreateStack",
        "UpdateStack",
        "DeleteStack",
        "RollbackStack",
        "ContinueUpdateRollback",
        "ExecuteChangeSet",
        "CreateStackSet",
        "UpdateStackSet",
        "CreateStackInstances",
        "UpdateStackInstances",
        "DeleteStackInstances",
    ),
    "codepipeline.amazonaws.com": (
        "StartPipelineExecution",
        "RetryStageExecution",
        "RollbackStage",
        "PutApprovalResult",
        "CreatePipeline",
        "UpdatePipeline",
    ),
    "servicecatalog.amazonaws.com": (
        "ProvisionProduct",
        "UpdateProvisionedProduct",
        "TerminateProvisionedProduct",
        "ExecuteProvisionedProductPlan",
        "ExecuteProvisionedProductServiceAction",
    ),
    "codebuild.amazonaws.com": ("StartBuild", "StartBuildBatch", "RetryBuild", "RetryBuildBatch"),
    "codedeploy.amazonaws.com": ("CreateDeployment", "ContinueDeployment"),
    "imagebuilder.amazonaws.com": ("CreateImage", "StartImagePipelineExecution"),
    "ssm.amazonaws.com": ("StartAutomationExecution", "StartChangeRequestExecution"),
    "states.amazonaws.com": ("StartExecution", "StartSyncExecution", "RedriveExecution"),
    "elasticbeanstalk.amazonaws.com": ("CreateEnvironment", "UpdateEnvironment"),
    "amplify.amazonaws.com": ("StartJob", "StartDeployment", "CreateApp"),
    "proton.amazonaws.com": ("CreateServiceInstance", "UpdateServiceInstance", "CreateService"),
}
"""Service -> the calls by which somebody sets it to work."""
