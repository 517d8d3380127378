"""Where a field that a Sigma rule names lies: in a column, in a kept object, or in the record only.

Sigma rules for CloudTrail name a field by its path in the record (`userIdentity.type`,
`requestParameters.policyArn`). A path leads through lists: any of their elements counts, as it does
where such logs are flattened for a search engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from queries.question import literal

_COLUMNS = {
    "eventID": "event_id",
    "eventSource": "event_source",
    "eventName": "event_name",
    "awsRegion": "aws_region",
    "sourceIPAddress": "source_ip_address",
    "userAgent": "user_agent",
    "errorCode": "error_code",
    "errorMessage": "error_message",
    "requestID": "request_id",
    "eventType": "event_type",
    "eventCategory": "event_category",
    "recipientAccountId": "recipient_account_id",
    "sharedEventID": "shared_event_id",
    "userIdentity.type": "identity_type",
    "userIdentity.principalId": "principal_id",
    "userIdentity.accountId": "account_id",
    "userIdentity.accessKeyId": "access_key_id",
    "userIdentity.userName": "user_name",
    "userIdentity.invokedBy": "invoked_by",
    "userIdentity.sessionContext.sessionIssuer.arn": "issuer_arn",
    "userIdentity.sessionContext.sourceIdentity": "source_identity",
}
_EXPRESSIONS = {
    "readOnly": "CAST(e.read_only AS VARCHAR)",
    "additionalEventData.MFAUsed": "CASE WHEN e.event_source = 'signin.amazonaws.com' THEN"
    " CASE e.mfa WHEN TRUE THEN 'Yes' WHEN FALSE THEN 'No' END END",
    "userIdentity.arn": "CASE WHEN e.principal LIKE 'arn:%' THEN e.principal END",
    "userIdentity.sessionContext.attributes.mfaAuthenticated": "CASE WHEN"
    " e.event_source <> 'signin.amazonaws.com' THEN CAST(e.mfa AS VARCHAR) END",
}
_EXPRESSIONS |= {name: f"e.{column}" for name, column in _COLUMNS.items()}
_BY_SMALL_NAME = {name.lower(): sql for name, sql in _EXPRESSIONS.items()}

_KEPT = "e.is_write OR e.event_source IN ('ecr.amazonaws.com', 'ecr-public.amazonaws.com')"
_DOCUMENTS = {
    "requestParameters": (
        "e.request_parameters",
        f"coalesce(e.event_name <> 'PutImage' AND ({_KEPT}), FALSE)",
    ),
    "responseElements": (
        "e.response_elements",
        "coalesce(e.event_name <> 'PutImage' AND e.issued_access_key_id IS NULL"
        f" AND ({_KEPT}), FALSE)",
    ),
    "serviceEventDetails": ("e.service_event_details", ""),
}
"""Object -> its column, and for which events it was kept (`queries.index.columns`)."""

_NAME = re.compile(r"[A-Za-z0-9_:@/ -]+(\.[A-Za-z0-9_:@/ -]+)*")
_DEEPEST = 12

TEXT = (
    "concat_ws(' ', e.event_source, e.event_name, e.aws_region, e.source_ip_address, e.user_agent,"
    " e.error_code, e.error_message, e.principal, e.access_key_id, e.target, e.resource_arn,"
    " e.recipient_account_id, e.request_parameters, e.response_elements)"
)
"""What of an event can be searched for a word without looking at the record."""


class UnknownField(ValueError):
    """A name that cannot be one of a record's members; says so in a sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field's values are.

    `sql` is one text, or a list of texts where `many`. The index tells about it where `known`
    holds: always when empty, for no event when `FALSE`.
    """

    sql: str
    many: bool = False
    known: str = ""


def place_of(field: str, *, in_record: bool) -> Place:
    """Where `field` lies in the events `e`, or (`in_record`) in the text `r.record`."""
    if not _NAME.fullmatch(field) or field.count(".") > _DEEPEST:
        raise UnknownField(f"'{field}' is no name of a record's member")
    if column := _BY_SMALL_NAME.get(field.lower()):
        return Place(column)
    if field.lower() == "eventtime":
        return Place("strftime(e.event_time, '%Y-%m-%dT%H:%M:%SZ')")
    head, *rest = field.split(".")
    if in_record:
        return Place(_values("r.record", [head, *rest]), many=True)
    if head not in _DOCUMENTS:
        return Place("NULL", known="FALSE")
    text, known = _DOCUMENTS[head]
    return Place(_values(text, rest), many=True, known=known) if rest else Place(text, known=known)


def _values(document: str, path: list[str]) -> str:
    """A list of the texts at the end of a path; an object there is its own JSON."""
    found = f"[TRY_CAST({document} AS JSON)]"
    for name in path:
        step = literal(f'$."{name}"')
        steps = literal(f'$."{name}"[*]')
        found = (
            f"flatten(list_transform({found}, lambda j: CASE"
            f" WHEN json_type(json_extract(j, {step})) = 'ARRAY' THEN json_extract(j, {steps})"
            f" ELSE [json_extract(j, {step})] END))"
        )
    texts = f"list_transform({found}, lambda j: json_extract_string(j, '$'))"
    return f"list_filter({texts}, lambda t: t IS NOT NULL)"
