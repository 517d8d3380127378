"""Pushes that never finished are shown, and count neither as pushes nor as attempts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from queries.case import open_case

MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:c1"},
    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:l1"}],
}


def call(minute: int, name: str, repository: str, **more: Any) -> dict[str, Any]:
    """One registry call at 10:MM by one session."""
    return {
        "eventVersion": "1.11",
        "eventID": f"{repository}-{name}-{minute}",
        "eventTime": f"2026-03-02T10:{minute:02d}:00Z",
        "eventSource": "ecr.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/ci/build-1",
            "accountId": "111122223333",
            "accessKeyId": "ASIAEXAMPLECI",
        },
        "readOnly": False,
        "recipientAccountId": "111122223333",
        "requestParameters": {"registryId": "111122223333", "repositoryName": repository},
        "responseElements": None,
        **more,
    }


def put(minute: int, repository: str, tag: str | None, error: str | None = None) -> dict[str, Any]:
    text = json.dumps({**MANIFEST, "note": f"{repository}{minute}"})
    event = call(minute, "PutImage", repository)
    event["requestParameters"] |= {"imageManifest": text} | ({"imageTag": tag} if tag else {})
    if error:
        event["errorCode"] = error
    return event


def totals_and_pushes(
    tmp_path: Path, events: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    path = tmp_path / "events.json"
    path.write_text(json.dumps({"Records": events}))
    with open_case([str(path)], use_cache=False) as case:
        return case.totals, case.ask("SELECT * FROM pushes ORDER BY event_time").dicts()


def test_layers_without_an_image(tmp_path: Path) -> None:
    totals, pushes = totals_and_pushes(
        tmp_path,
        [
            call(1, "InitiateLayerUpload", "team/api"),
            call(2, "CompleteLayerUpload", "team/api"),
            call(3, "InitiateLayerUpload", "team/web", errorCode="AccessDenied"),
        ],
    )
    assert (totals["pushes"], totals["failed_pushes"], totals["incomplete_pushes"]) == (0, 0, 2)
    assert [(p["repository_name"], p["effect"], p["error_code"]) for p in pushes] == [
        ("team/api", "layers only", None),
        ("team/web", "layers only", "AccessDenied"),
    ]


def test_layers_before_an_image_belong_to_it(tmp_path: Path) -> None:
    totals, _ = totals_and_pushes(
        tmp_path, [call(1, "CompleteLayerUpload", "team/api"), put(2, "team/api", "1")]
    )
    assert (totals["pushes"], totals["incomplete_pushes"]) == (1, 0)


def test_a_platform_without_its_index(tmp_path: Path) -> None:
    totals, pushes = totals_and_pushes(
        tmp_path,
        [put(1, "team/api", None), put(2, "team/api", None, "LayersNotFoundException")],
    )
    assert (totals["pushes"], totals["failed_pushes"], totals["incomplete_pushes"]) == (0, 1, 1)
    assert totals["put_image"] == 1
    assert pushes[0]["effect"] == "platforms without index"


def test_a_push_by_digest_alone_is_a_push(tmp_path: Path) -> None:
    totals, pushes = totals_and_pushes(tmp_path, [put(1, "team/api", None)])
    assert (totals["pushes"], totals["incomplete_pushes"]) == (1, 0)
    assert pushes[0]["image_digest"].startswith("sha256:")


def test_a_repository_made_by_the_push_is_said_so(tmp_path: Path) -> None:
    created = call(1, "CreateRepository", "team/new")
    created["userIdentity"] = {"type": "AWSService", "invokedBy": "ecr.amazonaws.com"}
    created["eventTime"] = "2026-03-02T10:00:58Z"
    _, pushes = totals_and_pushes(tmp_path, [created, put(1, "team/new", "1")])
    assert [push["created_repository"] for push in pushes] == [True]


def test_values_that_cloudtrail_left_out_are_unknown_not_text(tmp_path: Path) -> None:
    event = put(1, "team/api", "1")
    omitted = {"omitted": True, "originalSize": 300_000, "reason": "too large"}
    event["requestParameters"]["imageManifest"] = omitted
    event["requestParameters"]["imageTag"] = omitted
    whole = put(2, "team/api", "2") | {"requestParameters": omitted}
    whole["resources"] = [{"ARN": "arn:aws:ecr:us-east-1:111122223333:repository/team/api"}]
    totals, pushes = totals_and_pushes(tmp_path, [event, whole])
    assert totals["pushes"] == 2
    assert totals["repositories"] == ["111122223333/us-east-1/team/api"]
    assert [(p["kind"], p["image_tags"], p["image_digest"]) for p in pushes] == [
        ("unknown", "", None),
        ("unknown", "", None),
    ]


def test_contradicting_records_under_one_id_both_stay(tmp_path: Path) -> None:
    first, second = put(1, "team/api", "1"), put(1, "team/api", "1")
    second["userAgent"] = "something else"
    first["userAgent"] = "docker"
    totals, _ = totals_and_pushes(tmp_path, [first, second, {**first}])
    assert (totals["events"], totals["duplicates"]) == (2, 1)
    assert any("different content" in note for note in totals["notes"])
