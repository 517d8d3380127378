"""`events` as a view of a trail's own records, in Trino's SQL.

The same columns as in an index (queries/index/columns.py), each worked out from the record alone.
What only an index can give is NULL (`ABSENT`): its keys, which file and place a record came from by
number, and what takes more than one record, which copies there are and which two belong together.
"""

from __future__ import annotations

from queries.converted.layout import columns_of
from queries.index.columns import READS
from queries.providers import aws
from queries.providers.aws.vocabulary import REGISTRY_SOURCES, action_sql

ABSENT = ("file_id", "position", "copies", "merged_into", "odd")
"""Columns of `events` that the view has as NULL. With `merged_into` NULL each record counts: copies
that two trails delivered, and the other account's record of a call, are not taken together."""

NEVER = ("pushed_via", "made_by", "delegation", "deployment", "creation")
"""Columns that are NULL for every record of CloudTrail: other providers fill them."""


def _account(field: str) -> str:
    """An account id, which has twelve digits: written as a number it has lost the zeros it begins
    with."""
    return (
        f"CASE WHEN length({field}) < 12 AND regexp_like({field}, '^[0-9]+$')"
        f" THEN lpad({field}, 12, '0') ELSE nullif({field}, '') END"
    )


def _repository_arn() -> str:
    """Of the first resources that a record names: a key or another repository may stand before."""
    arns = [f"element_at(t.resources, {number}).arn" for number in (1, 2, 3)]
    return (
        "CASE "
        + " ".join(f"WHEN {arn} LIKE 'arn:%:ecr%:repository/%' THEN {arn}" for arn in arns)
        + " END"
    )


_FIELDS = {
    "event_id": "nullif(t.eventid, '')",
    "event_time_text": "t.eventtime",
    "event_source": "t.eventsource",
    "event_name": "t.eventname",
    "aws_region": "t.awsregion",
    "source_ip_address": "t.sourceipaddress",
    "user_agent": "t.useragent",
    "error_code": "nullif(t.errorcode, '')",
    "error_message": "t.errormessage",
    "request_id": "t.requestid",
    "read_only": "TRY_CAST(t.readonly AS boolean)",
    "event_type": "t.eventtype",
    "event_category": "t.eventcategory",
    "recipient_account_id": _account("t.recipientaccountid"),
    "shared_event_id": "t.sharedeventid",
    "original_event_id": "t.addendum.originaleventid",
    "identity_type": "t.useridentity.type",
    "principal_id": "t.useridentity.principalid",
    "arn": "t.useridentity.arn",
    "identity_account": _account("t.useridentity.accountid"),
    "access_key_id": "nullif(t.useridentity.accesskeyid, '')",
    "user_name": "t.useridentity.username",
    "invoked_by": "t.useridentity.invokedby",
    "own_identity_provider": "t.useridentity.identityprovider",
    "on_behalf_of": "t.useridentity.onbehalfof.userid",
    "issuer_arn": "nullif(t.useridentity.sessioncontext.sessionissuer.arn, '')",
    "session_created_text": "t.useridentity.sessioncontext.attributes.creationdate",
    "session_mfa": "TRY_CAST(t.useridentity.sessioncontext.attributes.mfaauthenticated AS boolean)",
    "login_mfa": "json_extract_scalar(t.additionaleventdata, '$.MFAUsed')",
    "source_identity": "t.useridentity.sessioncontext.sourceidentity",
    "web_identity_provider": "t.useridentity.sessioncontext.webidfederationdata.federatedprovider",
    "resource_arn": "element_at(t.resources, 1).arn",
    "repository_arn": _repository_arn(),
    "request": "t.requestparameters",
    "answer": "t.responseelements",
    "details": "t.serviceeventdetails",
    "account": "t.account",
    "region": "t.region",
    "date": 't."date"',
}

_REQUEST = {
    "q_registry_id": "registryId",
    "q_repository": "repositoryName",
    "q_tag": "imageTag",
    "q_digest": "imageDigest",
    "q_manifest": "imageManifest",
    "q_image_tag": "imageIds[0].imageTag",
    "q_image_digest": "imageIds[0].imageDigest",
    "q_layer": "layerDigest",
    "q_first_layer": "layerDigests[0]",
    "q_role_arn": "roleArn",
    "q_user": "userName",
    "q_role": "roleName",
    "q_function": "functionName",
    "q_bucket": "bucketName",
    "q_task": "taskDefinition",
    "q_family": "family",
    "q_secret": "secretId",
    "q_name": "name",
}
_ANSWER = {
    "r_registry_id": "image.registryId",
    "r_repository": "image.repositoryName",
    "r_repository_created": "repository.repositoryName",
    "r_digest": "image.imageId.imageDigest",
    "r_tag": "image.imageId.imageTag",
    "r_manifest": "image.imageManifest",
    "r_key": "credentials.accessKeyId",
    "r_role_session": "assumedRoleUser.arn",
    "r_federated": "federatedUser.arn",
    "r_set_key": "credentialSet[0].credentials.accessKeyId",
    "r_set_arn": "credentialSet[0].assumedRoleUser.arn",
    "r_subject": "subjectArn",
    "r_login": "ConsoleLogin",
}

_IS_TIME = "f.event_time_text LIKE '____-__-__T__:__:__%Z' AND f.event_time_text >= '0001'"
_TIME = "TRY_CAST(replace(replace({text}, 'T', ' '), 'Z', '') AS timestamp)"
_ECR = f"f.event_source IN {REGISTRY_SOURCES}"

_PRINCIPAL = """CASE
    WHEN f.arn <> '' THEN f.arn
    WHEN f.event_source = 'rolesanywhere.amazonaws.com' AND f.r_subject <> '' THEN f.r_subject
    WHEN f.invoked_by <> '' AND f.invoked_by NOT IN ('AWS Internal', 'AWSInternal')
      AND coalesce(f.identity_type, '') NOT IN ('IAMUser', 'AssumedRole', 'FederatedUser')
      THEN f.invoked_by
    WHEN f.identity_type = 'AWSAccount' AND f.identity_account <> ''
      THEN f.identity_account || coalesce(' (' || nullif(f.principal_id, '') || ')', '')
    WHEN f.user_name = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN '(name hidden by AWS)'
    WHEN f.user_name <> '' THEN f.user_name || coalesce(
      ' (' || regexp_extract(nullif(f.own_identity_provider, ''), '[^/]*$') || ')', '')
    WHEN f.on_behalf_of <> '' THEN f.on_behalf_of
    WHEN f.principal_id <> '' THEN f.principal_id
    WHEN f.identity_account <> '' THEN f.identity_account
    ELSE '(no identity)' END"""

_IS_WRITE = f"""CASE
    WHEN f.event_name = 'PolicyExecutionEvent' THEN TRUE
    WHEN f.read_only IS NOT NULL THEN NOT f.read_only
    WHEN f.event_category = 'Insight' THEN NULL
    ELSE NOT regexp_like(f.event_name, '^({READS})([A-Z0-9_]|$)') END"""

_KEPT = f"g.event_name <> 'PutImage' AND (g.is_write OR g.event_source IN {REGISTRY_SOURCES})"

_COLUMNS = {
    "event_key": "from_big_endian_64(xxhash64(to_utf8(g.event_id)))",
    "provider": f"'{aws.NAME}'",
    "registry_action": action_sql(
        f"g.event_source IN {REGISTRY_SOURCES}", "g.event_name", "g.is_write"
    ),
    "event_time": f"CASE WHEN {_IS_TIME} THEN {_TIME} END".format(text="f.event_time_text"),
    "event_second": "CAST(to_unixtime(g.whole_time) AS bigint)",
    "plain_name": r"""CASE WHEN regexp_like(f.event_name, '[0-9]$') THEN regexp_replace(
      f.event_name, '(.)(19|20)\d\d_?[01]\d_?[0-3]\d(v\d+|_\d+)?$', '$1') ELSE f.event_name END""",
    "outcome": """CASE WHEN f.error_code <> '' THEN CASE WHEN lower(f.error_code) LIKE
      '%accessdenied%' OR lower(f.error_code) LIKE '%unauthorized%'
      OR lower(f.error_code) LIKE '%forbidden%' THEN 'denied' ELSE 'failed' END
      WHEN f.r_login = 'Failure' OR f.error_message <> '' THEN 'failed' ELSE 'ok' END""",
    "identity_arn": """CASE WHEN g.identity_type = 'AssumedRole' AND g.issuer_arn <> ''
      THEN g.issuer_arn ELSE g.principal END""",
    "account_id": "coalesce(f.identity_account, split_part(f.arn, ':', 5))",
    "identity_provider": "coalesce(f.own_identity_provider, f.web_identity_provider)",
    "session_created": (
        "CASE WHEN f.session_created_text LIKE '____-__-__%' AND f.session_created_text >= '0001'"
        f" THEN {_TIME} END"
    ).format(text="f.session_created_text"),
    "mfa": "coalesce(f.session_mfa, CASE f.login_mfa WHEN 'Yes' THEN TRUE WHEN 'No' THEN FALSE"
    " END)",
    "issued_access_key_id": "coalesce(nullif(f.r_key, ''), nullif(f.r_set_key, ''))",
    "issued_arn": "coalesce(f.r_role_session, f.r_federated, f.r_set_arn)",
    "registry_id": f"CASE WHEN {_ECR} THEN coalesce({_account('f.q_registry_id')},"
    f" {_account('f.r_registry_id')}, split_part(f.repository_arn, ':', 5),"
    " f.recipient_account_id, f.identity_account) END",
    "repository_name": f"CASE WHEN {_ECR} THEN coalesce(f.q_repository, f.r_repository,"
    " f.r_repository_created, json_extract_scalar(f.details, '$.repositoryName'),"
    " substr(f.repository_arn, strpos(f.repository_arn, ':repository/') + 12)) END",
    "image_tag": "coalesce(f.q_tag, f.r_tag, f.q_image_tag,"
    " json_extract_scalar(f.details, '$.imageTag'))",
    "image_digest": """coalesce(f.r_digest, f.q_digest, f.q_image_digest,
      json_extract_scalar(f.details, '$.imageDigest'),
      CASE WHEN f.event_name = 'PutImage' AND f.error_code IS NULL AND f.q_manifest LIKE '{%'
        THEN 'sha256:' || lower(to_hex(sha256(to_utf8(f.q_manifest)))) END)""",
    "layer_digest": "coalesce(f.q_layer, f.q_first_layer)",
    "image_manifest": "CASE WHEN f.event_name = 'PutImage' THEN"
    " coalesce(f.r_manifest, f.q_manifest) END",
    "target": f"""coalesce(CASE WHEN {_ECR} THEN f.q_repository || coalesce(
        ':' || coalesce(f.q_tag, f.q_image_tag),
        '@' || substr(coalesce(f.r_digest, f.q_image_digest), 1, 19), '') END,
      f.q_role_arn, f.q_user, f.q_role, f.q_function, f.q_bucket, f.q_task, f.q_family,
      f.q_secret, f.resource_arn, f.q_name)""",
    "request_parameters": f"CASE WHEN {_KEPT} THEN g.request END",
    "response_elements": f"CASE WHEN {_KEPT} AND g.issued_access_key_id IS NULL THEN g.answer END",
    "service_event_details": "g.details",
    "repository": """CASE WHEN g.repository_name IS NOT NULL
      THEN coalesce(g.registry_id, '?') || '/'
        || CASE WHEN g.event_source = 'ecr-public.amazonaws.com' THEN 'public'
        ELSE coalesce(g.aws_region, '?') END || '/' || g.repository_name END""",
}
"""Columns that are more than a field: over the fields `f`, or over what was made of them, `g`."""

_TYPES = {"VARCHAR": "varchar", "BIGINT": "bigint", "INTEGER": "integer", "BOOLEAN": "boolean"}


def events_of_trail(table: str) -> str:
    """The SELECT behind the view. Beside the columns of `events` it has the partitions `account`,
    `region` and `date` (as text, `2026/03/08`), and `source_file`, the object a record is from.

    `event_key` is a number made from the event's id: the same for all copies, and not that of a
    case or a converted folder.
    """
    fields = [f"{sql} AS {_name(name)}" for name, sql in _FIELDS.items()]
    fields += [
        f"json_extract_scalar(t.{column}, '$.{path}') AS {name}"
        for column, named in (("requestparameters", _REQUEST), ("responseelements", _ANSWER))
        for name, path in named.items()
    ]
    fields.append('t."$path" AS source_file')
    made = {name: sql for name, sql in _COLUMNS.items() if "g." not in sql and "f." in sql}
    made |= {"principal": _PRINCIPAL, "is_write": _IS_WRITE}
    whole = _TIME.format(text="substr(f.event_time_text, 1, 19)")
    made["whole_time"] = f"CASE WHEN {_IS_TIME} THEN {whole} END"
    first = ["f.*", *(f"{sql} AS {name}" for name, sql in made.items())]
    columns = [_column(name, kind, made) for name, kind in columns_of("events")]
    columns += ["g.source_file", "g.account", "g.region", 'g."date"']
    return (
        f"SELECT\n  {_lines(columns)}\nFROM (\n  SELECT\n  {_lines(first)}\n  FROM (\n  SELECT\n"
        f"  {_lines(fields)}\n  FROM {table} AS t\n  ) AS f\n) AS g"
    )


def _column(name: str, kind: str, made: dict[str, str]) -> str:
    if name in ABSENT or name in NEVER:
        return f"CAST(NULL AS {_TYPES[kind]}) AS {name}"
    if name in _COLUMNS and name not in made:
        return f"{_COLUMNS[name]} AS {name}"
    return f"g.{name}"


def _name(name: str) -> str:
    return '"date"' if name == "date" else name


def _lines(parts: list[str]) -> str:
    return ",\n  ".join(parts)
