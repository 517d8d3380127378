"""One action seen by several exports is one event, and the fuller record is the one shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from queries.case import open_case

REPOSITORY = "111122223333/us-east-1/team/api"
DIGEST = "sha256:" + "ab" * 32


def put_image() -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "eventID": "5f0c1b6e-0000-4000-8000-000000000001",
        "eventTime": "2026-03-02T10:05:00Z",
        "eventSource": "ecr.amazonaws.com",
        "eventName": "PutImage",
        "awsRegion": "us-east-1",
        "readOnly": False,
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/dana"},
        "requestParameters": {
            "registryId": "111122223333",
            "repositoryName": "team/api",
            "imageTag": "1",
        },
        "responseElements": {"image": {"imageId": {"imageDigest": DIGEST, "imageTag": "1"}}},
    }


def test_a_lossy_export_merges_into_the_full_record(tmp_path: Path) -> None:
    (tmp_path / "a_history.csv").write_text(
        "Event ID,Event time,User name,Event name,Resource type,Resource name,AWS access key,"
        "AWS region,Error code,Source IP address,Event source,Read-only\n"
        '5f0c1b6e-0000-4000-8000-000000000001,"2026-03-02, 10:05:00 AM",dana,PutImage,'
        "AWS::ECR::Repository,team/api,,us-east-1,,,ecr.amazonaws.com,false\n"
    )
    (tmp_path / "b_trail.json").write_text(json.dumps({"Records": [put_image()]}))
    with open_case([str(tmp_path)], use_cache=False) as case:
        totals = case.totals
        (event,) = case.ask("SELECT repository, principal, copies FROM events").rows
    assert (totals["raw_records"], totals["events"], totals["pushes"]) == (2, 1, 1)
    assert event == (REPOSITORY, "arn:aws:iam::111122223333:user/dana", 2)
    assert not any("altered" in note for note in totals["notes"])


def test_the_registrys_own_notice_of_a_push_is_not_a_second_push(tmp_path: Path) -> None:
    notice = {
        "version": "0",
        "id": "0d5a0000-0000-4000-8000-000000000002",
        "detail-type": "ECR Image Action",
        "source": "aws.ecr",
        "account": "111122223333",
        "time": "2026-03-02T10:05:03Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "result": "SUCCESS",
            "repository-name": "team/api",
            "image-digest": DIGEST,
            "action-type": "PUSH",
            "image-tag": "1",
        },
    }
    (tmp_path / "notice.json").write_text(json.dumps(notice))
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert (case.totals["pushes"], case.totals["pushers"]) == (1, ["(not in this source)"])
    (tmp_path / "trail.json").write_text(json.dumps({"Records": [put_image()]}))
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert (case.totals["events"], case.totals["pushes"]) == (2, 1)
        assert case.totals["pushers"] == ["arn:aws:iam::111122223333:user/dana"]


def test_only_writes_is_said_of_trails_that_say_which_calls_are_writes(tmp_path: Path) -> None:
    (tmp_path / "trail.json").write_text(json.dumps({"Records": [put_image()]}))
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert any("writes only" in note for note in case.totals["notes"])
    unsaid = put_image()
    del unsaid["readOnly"]
    (tmp_path / "trail.json").write_text(json.dumps({"Records": [unsaid]}))
    with open_case([str(tmp_path)], use_cache=False) as case:
        assert not any("writes only" in note for note in case.totals["notes"])
