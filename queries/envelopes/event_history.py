"""CloudTrail's Event history as a table: the console's CSV, and lookup-events without the records.

A summary: user name instead of identity, resource names instead of parameters. The console's
columns follow what is shown on the screen; their wording is not documented, so they are matched
by their letters. Times without a zone are taken for UTC.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events-console.html
"""

from __future__ import annotations

import json
from typing import Any

from queries.envelopes import flat
from queries.envelopes.columns import build_record, canonical
from queries.envelopes.model import NOT_IN_SOURCE, Found, Record
from queries.json_stream import Piece

NAME = "Event history summary"
SUMMARY = "summary export: push details not included, use JSON"
NO_ACCOUNT = (
    "the summary names users without their ARN and no account: a repository's account shows as ?"
)
_OWN = frozenset({"resourcename", "resourcetype", "awsaccesskey", "accesskeyid"})
_WHOLE = ("useridentity", "requestparameters", "cloudtrailevent", "eventversion")


def read(piece: Piece) -> Found | None:
    row: Any = piece.value
    if not isinstance(row, dict) or "eventVersion" in row:
        return None
    names = {canonical(str(name)): name for name in row}
    if not {"eventname", "eventtime"} <= names.keys():
        return None
    summary = _OWN & names.keys() or {"username", "resources"} <= names.keys()
    if not summary or any(name.startswith(_WHOLE) for name in names):
        return None
    listed = row.get(names.get("resources", ""))
    record = build_record({key: cell for key, cell in row.items() if canonical(key) != "resources"})
    repository = _repository(
        row.get(names.get("resourcetype", "")), row.get(names.get("resourcename", "")), listed
    )
    if repository:
        _name_repository(record, repository)
    if "username" not in names:
        record["userIdentity"] = {"userName": NOT_IN_SOURCE}
    about = [SUMMARY]
    if repository and not repository.startswith("arn:"):
        about.append(NO_ACCOUNT)
    if piece.container == flat.ROW and "errorcode" not in names:
        about.append("no column Error code: failed calls look like successful ones")
    return Found([Record(record, piece.text, piece.repeated_keys, lossy=True)], about=about)


def _repository(kind: object, name: object, listed: object) -> str:
    """The name or ARN of the ECR repository among an event's resources."""
    if isinstance(listed, str) and listed.lstrip()[:1] in ("[", "{"):
        try:
            listed = json.loads(listed)
        except ValueError:
            listed = None
    for each in listed if isinstance(listed, list) else [listed]:
        if isinstance(each, dict):
            parts = {canonical(str(key)): value for key, value in each.items()}
            inner = _repository(parts.get("resourcetype"), parts.get("resourcename"), None)
            if inner:
                return inner
    kinds = [text.strip() for text in str(kind or "").split(",")]
    texts = [text.strip() for text in str(name or "").split(",")]
    for one, text in zip(kinds, texts, strict=False):
        if one.lower() == "aws::ecr::repository" or ":repository/" in text:
            return text
    return ""


def _name_repository(record: dict[str, Any], name: str) -> None:
    if name.startswith("arn:"):
        parts = name.split(":", 5)
        record["resources"] = [{"ARN": name}]
        record.setdefault("recipientAccountId", parts[4] if len(parts) > 4 else None)
    else:
        record["requestParameters"] = {"repositoryName": name}
