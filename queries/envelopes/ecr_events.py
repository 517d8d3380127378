"""ECR's own EventBridge events: what happened to an image, without who did it.

A push becomes a record like PutImage and a deletion one like BatchDeleteImage; scans, replication
and the rest keep the name of their event and never count as pushes; Inspector's notice of a scanned
image (enhanced scanning) is read as one of them. The raw record is the event
as delivered. They are best effort and come without retries to a trail, so CloudTrail stays the
source for who.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced.html
"""

from __future__ import annotations

from typing import Any

from queries.envelopes.eventbridge import is_event
from queries.envelopes.model import NOT_IN_SOURCE, Found, Record
from queries.json_stream import Piece

NAME = "ECR events"
NO_USER = (
    "ECR's own events name no user, address or access key: CloudTrail has them, load it as well"
)
_CALLS = {"PUSH": "PutImage", "DELETE": "BatchDeleteImage"}


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if not is_event(value):
        return None
    detail = value.get("detail")
    if not isinstance(detail, dict):
        return None
    if value["source"] != "aws.ecr" and not _is_inspectors(value, detail):
        return None
    record = _record(value, detail)
    return Found([Record(record, piece.text, piece.repeated_keys, lossy=True)], about=[NO_USER])


_FAILED = frozenset({"FAILURE", "FAILED"})
"""An action says its result so, a pull-through cache its sync-status. A scan that failed is still a
scan, with that status."""


def _is_inspectors(event: dict[str, Any], detail: dict[str, Any]) -> bool:
    """Whether Inspector tells of an image it scanned, which is ECR's enhanced scanning; it scans
    other things as well."""
    return (
        event["source"] == "aws.inspector2"
        and event["detail-type"] == "Inspector2 Scan"
        and ":repository/" in str(detail.get("repository-name"))
    )


def _record(event: dict[str, Any], detail: dict[str, Any]) -> dict[str, Any]:
    kind: str = event["detail-type"]
    call = _CALLS.get(str(detail.get("action-type"))) if kind == "ECR Image Action" else None
    # Inspector gives the repository's ARN, ECR its name.
    repository, account = detail.get("repository-name"), event.get("account")
    if isinstance(repository, str):
        repository = repository.rpartition(":repository/")[2]
    image = {
        name: text
        for name, text in (
            ("imageDigest", detail.get("image-digest")),
            ("imageTag", detail.get("image-tag")),
        )
        if text
    }
    asked: dict[str, Any] = {}
    if repository:
        asked = {"registryId": account, "repositoryName": repository}
        asked |= {"imageIds": [image]} if call == "BatchDeleteImage" else image
    record: dict[str, Any] = {
        "eventTime": event.get("time"),
        "eventSource": "ecr.amazonaws.com",
        "eventName": call or kind,
        "awsRegion": event.get("region"),
        "eventID": event.get("id"),
        "eventType": kind,
        "recipientAccountId": account,
        "userIdentity": {"userName": NOT_IN_SOURCE},
        "requestParameters": asked or None,
        "responseElements": None,
        "serviceEventDetails": detail if call is None else None,
        "resources": [{"ARN": arn} for arn in _texts(event.get("resources"))],
    }
    if call:
        record["readOnly"] = False
    said = {str(detail.get(name)).upper() for name in ("result", "sync-status")}
    if not said.isdisjoint(_FAILED):
        record["errorCode"] = str(detail.get("failure-code") or "FAILURE")
        reason = detail.get("failure-reason")
        record["errorMessage"] = str(reason or "the reason is not in this source")
    elif call == "PutImage":
        record["responseElements"] = {
            "image": {"registryId": account, "repositoryName": repository, "imageId": image}
        }
    elif call == "BatchDeleteImage":
        record["responseElements"] = {"imageIds": [image], "failures": []}
    return record


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
