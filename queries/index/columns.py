"""The `events` relation: each column, where in a record it comes from, and its type.

One list serves both lanes, so they cannot differ. Names are CloudTrail's own in snake_case;
identifiers are text, whatever they look like (account ids keep their zeros).
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `events`: its SQL over the extracted fields (`{name}` stands for one)."""

    name: str
    sql: str
    type: str = "VARCHAR"
    internal: bool = False
    """Needed while building only; not a column of the finished relation."""


PATHS: dict[str, str] = {
    "event_time_text": "$.eventTime",
    "event_id": "$.eventID",
    "event_id_small": "$.eventId",
    "event_source": "$.eventSource",
    "event_name": "$.eventName",
    "aws_region": "$.awsRegion",
    "source_ip_address": "$.sourceIPAddress",
    "user_agent": "$.userAgent",
    "error_code": "$.errorCode",
    "error_message": "$.errorMessage",
    "request_id": "$.requestID",
    "read_only": "$.readOnly",
    "event_type": "$.eventType",
    "event_category": "$.eventCategory",
    "recipient_account_id": "$.recipientAccountId",
    "shared_event_id": "$.sharedEventID",
    "original_event_id": "$.addendum.originalEventID",
    # who
    "identity_type": "$.userIdentity.type",
    "principal_id": "$.userIdentity.principalId",
    "arn": "$.userIdentity.arn",
    "account_id": "$.userIdentity.accountId",
    "access_key_id": "$.userIdentity.accessKeyId",
    "user_name": "$.userIdentity.userName",
    "invoked_by": "$.userIdentity.invokedBy",
    "identity_provider": "$.userIdentity.identityProvider",
    "on_behalf_of": "$.userIdentity.onBehalfOf.userId",
    "issuer_arn": "$.userIdentity.sessionContext.sessionIssuer.arn",
    "session_created_text": "$.userIdentity.sessionContext.attributes.creationDate",
    "mfa": "$.userIdentity.sessionContext.attributes.mfaAuthenticated",
    "source_identity": "$.userIdentity.sessionContext.sourceIdentity",
    "web_identity_provider": "$.userIdentity.sessionContext.webIdFederationData.federatedProvider",
    # what
    "q_registry_id": "$.requestParameters.registryId",
    "q_repository": "$.requestParameters.repositoryName",
    "q_tag": "$.requestParameters.imageTag",
    "q_digest": "$.requestParameters.imageDigest",
    "q_manifest": "$.requestParameters.imageManifest",
    "q_image_tag": "$.requestParameters.imageIds[0].imageTag",
    "q_image_digest": "$.requestParameters.imageIds[0].imageDigest",
    "q_layer": "$.requestParameters.layerDigest",
    "q_layers": "$.requestParameters.layerDigests",
    "q_role_arn": "$.requestParameters.roleArn",
    "q_session": "$.requestParameters.roleSessionName",
    "q_user": "$.requestParameters.userName",
    "q_role": "$.requestParameters.roleName",
    "q_function": "$.requestParameters.functionName",
    "q_bucket": "$.requestParameters.bucketName",
    "q_task": "$.requestParameters.taskDefinition",
    "q_family": "$.requestParameters.family",
    "q_secret": "$.requestParameters.secretId",
    "q_name": "$.requestParameters.name",
    "request_parameters": "$.requestParameters",
    "r_registry_id": "$.responseElements.image.registryId",
    "r_repository": "$.responseElements.image.repositoryName",
    "r_repository_created": "$.responseElements.repository.repositoryName",
    "r_digest": "$.responseElements.image.imageId.imageDigest",
    "r_tag": "$.responseElements.image.imageId.imageTag",
    "r_manifest": "$.responseElements.image.imageManifest",
    "issued_access_key_id": "$.responseElements.credentials.accessKeyId",
    "issued_arn": "$.responseElements.assumedRoleUser.arn",
    "issued_user_arn": "$.responseElements.federatedUser.arn",
    "r_login": "$.responseElements.ConsoleLogin",
    "response_elements": "$.responseElements",
    "service_event_details": "$.serviceEventDetails",
    "s_repository": "$.serviceEventDetails.repositoryName",
    "resource_arn": "$.resources[0].ARN",
}
"""Extracted field -> JSON path. `json_extract_string` takes them all in one parse."""

TYPE_PATHS = (
    "$.userIdentity",
    "$.requestParameters",
    "$.responseElements",
    "$.serviceEventDetails",
    "$.addendum",
)
"""Members that must be objects (or null or absent) for the paths above to be the whole story."""

_ECR = "{event_source} IN ('ecr.amazonaws.com', 'ecr-public.amazonaws.com')"
_ECR_ARN = f"CASE WHEN {_ECR} AND {{resource_arn}} LIKE 'arn:%:ecr%:repository/%' THEN "
_HIDDEN = "'HIDDEN_DUE_TO_SECURITY_REASONS'"

_IS_TIME = "{event_time_text} LIKE '____-__-__T__:__:__%Z' AND {event_time_text} >= '0001'"
"""From year 1 on: Python, which takes times out of the index, knows none before."""

PRINCIPAL = f"""CASE
  WHEN {{arn}} <> '' THEN {{arn}}
  WHEN {{invoked_by}} <> '' AND {{invoked_by}} NOT IN ('AWS Internal', 'AWSInternal')
       AND coalesce({{identity_type}}, '') NOT IN ('IAMUser', 'AssumedRole', 'FederatedUser')
       THEN {{invoked_by}}
  WHEN {{identity_type}} = 'AWSAccount' AND {{account_id}} <> ''
       THEN {{account_id}} || coalesce(' (' || nullif({{principal_id}}, '') || ')', '')
  WHEN {{user_name}} = {_HIDDEN} THEN '(name hidden by AWS)'
  WHEN {{user_name}} <> '' THEN {{user_name}}
       || coalesce(' (' || split_part(nullif({{identity_provider}}, ''), '/', -1) || ')', '')
  WHEN {{on_behalf_of}} <> '' THEN {{on_behalf_of}}
  WHEN {{principal_id}} <> '' THEN {{principal_id}}
  WHEN {{account_id}} <> '' THEN {{account_id}}
  ELSE '(no identity)' END"""
"""Who the record names: one total function from userIdentity to a label (fallbacks in order:
arn, invokedBy, userName, onBehalfOf, principalId, accountId). Tools that expect any one of them
fail in the field (aws-samples/resource-auto-tagger#13)."""

COLUMNS: tuple[Column, ...] = (
    Column("event_id", "coalesce(nullif({event_id}, ''), {event_id_small})"),
    Column(
        "event_time",
        f"CASE WHEN {_IS_TIME} THEN try_cast(left({{event_time_text}}, -1) AS TIMESTAMP) END",
        "TIMESTAMP",
    ),
    Column(
        "event_second",
        f"CASE WHEN {_IS_TIME} "
        "THEN epoch(try_cast(left({event_time_text}, 19) AS TIMESTAMP))::BIGINT END",
        "BIGINT",
    ),
    Column("event_source", "{event_source}"),
    Column("event_name", "{event_name}"),
    Column("aws_region", "{aws_region}"),
    Column("source_ip_address", "{source_ip_address}"),
    Column("user_agent", "{user_agent}"),
    Column("error_code", "nullif({error_code}, '')"),
    Column("error_message", "{error_message}"),
    Column(
        "outcome",
        "CASE WHEN {error_code} <> '' THEN "
        "CASE WHEN {error_code} ILIKE '%AccessDenied%' OR {error_code} ILIKE '%Unauthorized%' "
        "OR {error_code} ILIKE '%Forbidden%' THEN 'denied' ELSE 'failed' END "
        "WHEN {r_login} = 'Failure' THEN 'failed' ELSE 'ok' END",
    ),
    Column("request_id", "{request_id}"),
    Column("is_write", "NOT try_cast({read_only} AS BOOLEAN)", "BOOLEAN"),
    Column("event_type", "{event_type}"),
    Column("event_category", "{event_category}"),
    Column("recipient_account_id", "{recipient_account_id}"),
    Column("shared_event_id", "{shared_event_id}"),
    Column("original_event_id", "{original_event_id}"),
    Column("principal", PRINCIPAL),
    Column(
        "identity_arn",
        "CASE WHEN {identity_type} = 'AssumedRole' AND {issuer_arn} <> '' THEN {issuer_arn} "
        f"ELSE {PRINCIPAL} END",
    ),
    Column("identity_type", "{identity_type}"),
    Column("principal_id", "{principal_id}"),
    Column("account_id", "coalesce({account_id}, split_part({arn}, ':', 5))"),
    Column("access_key_id", "nullif({access_key_id}, '')"),
    Column("user_name", "{user_name}"),
    Column("invoked_by", "{invoked_by}"),
    Column("identity_provider", "coalesce({identity_provider}, {web_identity_provider})"),
    Column("issuer_arn", "nullif({issuer_arn}, '')"),
    Column(
        "session_created",
        "CASE WHEN {session_created_text} LIKE '____-__-__%' AND {session_created_text} >= '0001' "
        "THEN try_cast(replace({session_created_text}, 'Z', '') AS TIMESTAMP) END",
        "TIMESTAMP",
    ),
    Column("mfa", "try_cast({mfa} AS BOOLEAN)", "BOOLEAN"),
    Column("source_identity", "{source_identity}"),
    Column("issued_access_key_id", "nullif({issued_access_key_id}, '')"),
    Column("issued_arn", "coalesce({issued_arn}, {issued_user_arn})"),
    Column(
        "registry_id",
        f"CASE WHEN {_ECR} THEN coalesce({{q_registry_id}}, {{r_registry_id}}, "
        f"{_ECR_ARN} split_part({{resource_arn}}, ':', 5) END, {{recipient_account_id}}, "
        "{account_id}) END",
    ),
    Column(
        "repository_name",
        f"CASE WHEN {_ECR} THEN coalesce({{q_repository}}, {{r_repository}}, "
        "{r_repository_created}, {s_repository}, "
        f"{_ECR_ARN} substr({{resource_arn}}, strpos({{resource_arn}}, ':repository/') + 12) "
        "END) END",
    ),
    Column("image_tag", "coalesce({q_tag}, {r_tag}, {q_image_tag})"),
    Column(
        "image_digest",
        "coalesce({r_digest}, {q_digest}, {q_image_digest}, "
        "CASE WHEN {event_name} = 'PutImage' AND {error_code} IS NULL "
        "AND {q_manifest} LIKE '{%' THEN 'sha256:' || sha256({q_manifest}) END)",
    ),
    Column("layer_digest", "coalesce({q_layer}, json_extract_string({q_layers}, '$[0]'))"),
    Column(
        "image_manifest",
        "CASE WHEN {event_name} = 'PutImage' THEN coalesce({r_manifest}, {q_manifest}) END",
    ),
    Column(
        "target",
        f"coalesce(CASE WHEN {_ECR} THEN {{q_repository}} || coalesce(':' || "
        "coalesce({q_tag}, {q_image_tag}), '@' || left(coalesce({r_digest}, {q_image_digest}), "
        "19), '') END, {q_role_arn}, {q_user}, {q_role}, {q_function}, {q_bucket}, {q_task}, "
        "{q_family}, {q_secret}, {resource_arn}, {q_name})",
    ),
    Column("resource_arn", "{resource_arn}"),
    Column(
        "request_parameters",
        "CASE WHEN {event_name} <> 'PutImage' AND ({read_only} = 'false' "
        f"OR {_ECR}) THEN {{request_parameters}} END",
    ),
    Column(
        "response_elements",
        "CASE WHEN {event_name} <> 'PutImage' AND {issued_access_key_id} IS NULL "
        f"AND ({{read_only}} = 'false' OR {_ECR}) THEN {{response_elements}} END",
    ),
    Column("service_event_details", "{service_event_details}"),
)
"""Request and response are kept for writes and for registry calls only: keeping them for every
read doubles the index for fields that no question uses. PutImage keeps its manifest once, and
responses that carry credentials are not kept at all."""
