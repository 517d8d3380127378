"""The `events` relation: each column, how it is made of a record's fields (`fields`), and its type.

One list serves both lanes, so they cannot differ. Names are CloudTrail's own in snake_case;
identifiers are text, whatever they look like (account ids keep their zeros).
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from dataclasses import dataclass

from queries.providers import aws
from queries.providers.aws.vocabulary import REGISTRY_SOURCES, action_sql


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `events`: its SQL over the extracted fields (`{name}` stands for one)."""

    name: str
    sql: str
    type: str = "VARCHAR"


_ECR = "{is_ecr}"
_IS_REPOSITORY = "LIKE 'arn:%:ecr%:repository/%' THEN"
_REPOSITORY_ARN = "CASE " + " ".join(
    f"WHEN {{{arn}}} {_IS_REPOSITORY} {{{arn}}}"
    for arn in ("resource_arn", "second_arn", "third_arn")
)
_REPOSITORY_ARN += " END"
"""Of the first resources that a record names: a key or another repository may stand before it."""
_HIDDEN = "'HIDDEN_DUE_TO_SECURITY_REASONS'"

_IS_TIME = "{event_time_text} LIKE '____-__-__T__:__:__%Z' AND {event_time_text} >= '0001'"
"""From year 1 on: Python, which takes times out of the index, knows none before."""


def _account(field: str) -> str:
    """An account id, which has twelve digits: written as a number it has lost the zeros it begins
    with. Ids of other providers are whatever they are."""
    return (
        f"CASE WHEN length({{{field}}}) < 12 AND {{m_provider}} IS NULL"
        f" AND regexp_matches({{{field}}}, '^[0-9]+$')"
        f" THEN lpad({{{field}}}, 12, '0') ELSE nullif({{{field}}}, '') END"
    )


PRINCIPAL = f"""CASE
  WHEN {{arn}} <> '' THEN {{arn}}
  WHEN {{event_source}} = 'rolesanywhere.amazonaws.com' AND {{r_subject}} <> '' THEN {{r_subject}}
  WHEN {{invoked_by}} <> '' AND {{invoked_by}} NOT IN ('AWS Internal', 'AWSInternal')
       AND coalesce({{identity_type}}, '') NOT IN ('IAMUser', 'AssumedRole', 'FederatedUser')
       THEN {{invoked_by}}
  WHEN {{identity_type}} = 'AWSAccount' AND {{account_id}} <> ''
       THEN {_account("account_id")} || coalesce(' (' || nullif({{principal_id}}, '') || ')', '')
  WHEN {{user_name}} = {_HIDDEN} THEN '(name hidden by AWS)'
  WHEN {{user_name}} <> '' THEN {{user_name}}
       || coalesce(' (' || split_part(nullif({{identity_provider}}, ''), '/', -1) || ')', '')
  WHEN {{on_behalf_of}} <> '' THEN {{on_behalf_of}}
  WHEN {{principal_id}} <> '' THEN {{principal_id}}
  WHEN {{account_id}} <> '' THEN {_account("account_id")}
  ELSE '(no identity)' END"""
"""Who the record names: one total function from userIdentity to a label (fallbacks in order:
arn, invokedBy, userName, onBehalfOf, principalId, accountId). Tools that expect any one of them
fail in the field (aws-samples/resource-auto-tagger#13). Who got a session from Roles Anywhere is
the subject of its certificate, which the answer names.
https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html"""

PLAIN_NAME = r"""CASE WHEN right({event_name}, 1) BETWEEN '0' AND '9'
  THEN regexp_replace({event_name}, '(.)(19|20)\d\d_?[01]\d_?[0-3]\d(v\d+|_\d+)?$', '\1')
  ELSE {event_name} END"""
"""The event name without the date of its API version: Lambda's CreateFunction20150331 and
UpdateFunctionCode20150331v2, CloudFront's CreateDistribution2016_09_29. Rules written for the plain
name never saw these (SummitRoute/aws_breaking_changes#53)."""

READS = (
    "Get|List|Describe|Head|Lookup|Search|Query|Scan|Select|Check|Validate|Verify|Estimate|Preview"
    "|View|Read|Download|Simulate|Test|Detect|Discover|Filter|BatchGet|BatchCheck|BatchDescribe"
    "|BatchList|AssumeRole"
)
IS_WRITE = f"""CASE
  WHEN {{event_name}} = 'PolicyExecutionEvent' THEN TRUE
  WHEN try_cast({{read_only}} AS BOOLEAN) IS NOT NULL THEN NOT try_cast({{read_only}} AS BOOLEAN)
  WHEN {{event_category}} = 'Insight' THEN NULL
  ELSE NOT regexp_matches({{event_name}}, '^({READS})([A-Z0-9_]|$)') END"""
"""Whether a call changes something: the opposite of readOnly. Where that is missing (event versions
before 1.02, lossy exports) the verb of the event's name decides, and what is no verb of reading is
a write: a change must not drop out of a list of writes. A lifecycle policy's run says readOnly true
although it deletes images; AssumeRole is read-only, as in CloudTrail. An Insight is no call."""

SHARED: dict[str, str] = {
    "principal": PRINCIPAL,
    "is_write": IS_WRITE,
    "is_ecr": f"{{event_source}} IN {REGISTRY_SOURCES}",
}
"""Worked out once for each record, because several columns need it."""


def _text(member: str) -> str:
    """A JSON member as text; one that is a string, without its quotes."""
    return (
        f"CASE WHEN {{{member}}} LIKE '\"%' THEN json_extract_string({{{member}}}, '$')"
        f" ELSE {{{member}}}::VARCHAR END"
    )


COLUMNS: tuple[Column, ...] = (
    Column("provider", f"coalesce({{m_provider}}, '{aws.NAME}')"),
    Column(
        "registry_action",
        f"coalesce({{m_action}}, {action_sql('{is_ecr}', '{event_name}', '{is_write}')})",
    ),
    Column("event_id", "nullif({event_id}, '')"),
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
    Column("plain_name", f"coalesce({{m_plain_name}}, {PLAIN_NAME})"),
    Column("aws_region", "{aws_region}"),
    Column("source_ip_address", "{source_ip_address}"),
    Column("user_agent", "{user_agent}"),
    Column("error_code", "nullif({error_code}, '')"),
    Column("error_message", "{error_message}"),
    Column(
        "outcome",
        "CASE WHEN {m_outcome} IS NOT NULL THEN {m_outcome} WHEN {error_code} <> '' THEN "
        "CASE WHEN {error_code} ILIKE '%AccessDenied%' OR {error_code} ILIKE '%Unauthorized%' "
        "OR {error_code} ILIKE '%Forbidden%' THEN 'denied' ELSE 'failed' END "
        "WHEN {r_login} = 'Failure' OR {error_message} <> '' THEN 'failed' ELSE 'ok' END",
    ),
    Column("request_id", "{request_id}"),
    Column("is_write", "{is_write}", "BOOLEAN"),
    Column("read_only", "try_cast({read_only} AS BOOLEAN)", "BOOLEAN"),
    Column("event_type", "{event_type}"),
    Column("event_category", "{event_category}"),
    Column("recipient_account_id", _account("recipient_account_id")),
    Column("shared_event_id", "{shared_event_id}"),
    Column("original_event_id", "{original_event_id}"),
    Column("principal", "{principal}"),
    Column(
        "identity_arn",
        "CASE WHEN {identity_type} = 'AssumedRole' AND {issuer_arn} <> '' THEN {issuer_arn} "
        "ELSE {principal} END",
    ),
    Column("identity_type", "{identity_type}"),
    Column("principal_id", "{principal_id}"),
    Column("account_id", f"coalesce({_account('account_id')}, split_part({{arn}}, ':', 5))"),
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
    # A login to the console says so elsewhere than a session does.
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
    Column(
        "mfa",
        "coalesce(try_cast({mfa} AS BOOLEAN), "
        "CASE {mfa_used} WHEN 'Yes' THEN TRUE WHEN 'No' THEN FALSE END)",
        "BOOLEAN",
    ),
    Column("source_identity", "{source_identity}"),
    Column(
        "issued_access_key_id",
        "coalesce({m_issued_key}, nullif({issued_access_key_id}, ''), nullif({r_set_key}, ''))",
    ),
    Column("issued_arn", "coalesce({m_issued_to}, {issued_arn}, {issued_user_arn}, {r_set_arn})"),
    Column(
        "registry_id",
        f"CASE WHEN {{m_provider}} IS NOT NULL THEN {{m_registry_id}} "
        f"WHEN {_ECR} THEN coalesce({_account('q_registry_id')}, {_account('r_registry_id')}, "
        f"split_part({_REPOSITORY_ARN}, ':', 5), {_account('recipient_account_id')}, "
        f"{_account('account_id')}) END",
    ),
    Column(
        "repository_name",
        f"CASE WHEN {{m_provider}} IS NOT NULL THEN {{m_repository_name}} "
        f"WHEN {_ECR} THEN coalesce({{q_repository}}, {{r_repository}}, "
        "{r_repository_created}, {s_repository}, "
        f"substr({_REPOSITORY_ARN}, strpos({_REPOSITORY_ARN}, ':repository/') + 12)) END",
    ),
    Column("image_tag", "coalesce({m_tag}, {q_tag}, {r_tag}, {q_image_tag}, {s_tag})"),
    Column(
        "image_digest",
        "coalesce({m_digest}, {r_digest}, {q_digest}, {q_image_digest}, {s_digest}, "
        "CASE WHEN {event_name} = 'PutImage' AND {error_code} IS NULL "
        "AND {q_manifest} LIKE '{%' THEN 'sha256:' || sha256({q_manifest}) END)",
    ),
    Column("layer_digest", "coalesce({m_layer}, {q_layer}, {q_first_layer})"),
    Column(
        "image_manifest",
        "coalesce({m_manifest}, "
        "CASE WHEN {event_name} = 'PutImage' THEN coalesce({r_manifest}, {q_manifest}) END)",
    ),
    Column(
        "target",
        f"coalesce({{m_target}}, CASE WHEN {_ECR} THEN {{q_repository}} || coalesce(':' || "
        "coalesce({q_tag}, {q_image_tag}), '@' || left(coalesce({r_digest}, {q_image_digest}), "
        "19), '') END, {q_role_arn}, {q_user}, {q_role}, {q_function}, {q_bucket}, {q_task}, "
        "{q_family}, {q_secret}, {resource_arn}, {q_name})",
    ),
    Column("resource_arn", "{resource_arn}"),
    Column(
        "request_parameters",
        "CASE WHEN {event_name} <> 'PutImage' AND ({is_write} OR {m_provider} IS NOT NULL "
        f"OR {_ECR}) THEN {_text('request_parameters')} END",
    ),
    Column(
        "response_elements",
        "CASE WHEN {event_name} <> 'PutImage' AND {issued_access_key_id} IS NULL "
        "AND {r_set_key} IS NULL "
        f"AND ({{is_write}} OR {{m_provider}} IS NOT NULL OR {_ECR}) "
        f"THEN {_text('response_elements')} END",
    ),
    Column("service_event_details", _text("service_event_details")),
    Column("pushed_via", "{m_via}"),
    Column("made_by", "{m_made_by}"),
    Column("delegation", "{m_delegation}::VARCHAR"),
    Column("deployment", "{m_deployment}::VARCHAR"),
    Column("creation", "{m_creation}::VARCHAR"),
)
"""Request and response are kept for writes and for registry calls only: keeping them for every
read doubles the index for fields that no question uses. PutImage keeps its manifest once, and
responses that carry credentials are not kept at all."""
