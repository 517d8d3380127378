"""Where images ran: what the questions on deployments, pulls and scans answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case
from queries.question import ask_for
from tests.evidence_files import (
    ACCOUNT,
    API,
    DANA,
    EVE,
    Record,
    at,
    case_in_memory,
    case_of,
    image,
    index,
    push,
    record,
    rows,
    sha,
)

OTHER = "444455556666"
REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
GOOD, BAD = image("base", "app"), image("base", "app", "more")
AMD, ARM = image("amd"), image("arm")
MULTI = index(AMD, ARM)
NODE = f"arn:aws:sts::{ACCOUNT}:assumed-role/eks-workers/i-0123456789abcdef0"
TASK = f"arn:aws:sts::{ACCOUNT}:assumed-role/ecsTaskExecutionRole/{'0a' * 16}"
ABROAD = f"arn:aws:sts::{OTHER}:assumed-role/puller/me"


def session(arn: str) -> Record:
    role = arn.split("/")[1]
    account = arn.split(":")[4]
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{account}:role/{role}", "userName": role}
    return {
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROA:{arn.rsplit('/', 1)[-1]}",
            "arn": arn,
            "accountId": account,
            "accessKeyId": f"ASIA{sha(arn)[7:19].upper()}",
            "sessionContext": {"sessionIssuer": issuer},
        }
    }


def pull(minute: int, *, by: str, failed: str | None = None, **image_id: str) -> Record:
    asked = {"registryId": ACCOUNT, "repositoryName": "team/api", "imageIds": [image_id]}
    return record(
        "BatchGetImage",
        at(minute),
        **session(by),
        errorCode=failed,
        requestParameters=asked,
        readOnly=True,
        sourceIPAddress="AWS Internal",
        userAgent="AWS Internal",
    )


def ecs(name: str, minute: int, **asked: Any) -> Record:
    return record(name, at(minute), eventSource="ecs.amazonaws.com", requestParameters=asked)


def scan(minute: int, digest: str, found: Record, **fields: Any) -> Record:
    answer = {
        "repositoryName": "team/api",
        "imageId": {"imageDigest": digest},
        "imageScanStatus": {"status": "COMPLETE"},
        "imageScanFindings": found,
    }
    asked = {
        "registryId": ACCOUNT,
        "repositoryName": "team/api",
        "imageId": {"imageDigest": digest},
    }
    fields = {"requestParameters": asked, "responseElements": answer, "readOnly": True, **fields}
    return record("DescribeImageScanFindings", at(minute), EVE, **fields)


def define(family: str, minute: int, reference: str) -> Record:
    containers = [{"name": "main", "image": reference}]
    return ecs("RegisterTaskDefinition", minute, family=family, containerDefinitions=containers)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    both = {"registryId": ACCOUNT, "repositoryName": "team/api"}
    records = [
        push(GOOD, "prod", at(0)),
        define("web", 1, f"{REGISTRY}/team/api:prod"),
        ecs("CreateService", 2, serviceName="web", taskDefinition="web"),
        define("pinned", 2, f"{REGISTRY}/team/api@{sha(GOOD)}"),
        ecs("CreateService", 3, serviceName="gone", taskDefinition="web"),
        ecs("DeleteService", 4, service="gone"),
        pull(5, by=NODE, imageTag="prod"),
        pull(6, by=NODE, imageTag="prod"),
        push(BAD, "prod", at(10), EVE),
        pull(12, by=TASK, imageTag="prod"),
        pull(13, by=TASK, imageDigest=sha(BAD)),
        pull(40, by=TASK, imageDigest=sha(GOOD)),
        pull(14, by=ABROAD, imageTag="prod", failed="x"),
        record(
            "BatchGetImage",
            at(15),
            requestParameters={
                **both,
                "imageIds": [{"imageTag": "prod"}, {"imageDigest": sha(GOOD)}, {"imageTag": "no"}],
            },
            readOnly=True,
        ),
        push(AMD, None, at(20)),
        push(ARM, None, at(20, 1)),
        push(MULTI, "multi", at(20, 2)),
        define("arm", 21, f"{REGISTRY}/team/api@{sha(ARM)}"),
        scan(30, sha(BAD), {"findingSeverityCounts": {"HIGH": 1}}),
        scan(
            31,
            sha(BAD),
            {
                "findingSeverityCounts": {"CRITICAL": 2, "UNTRIAGED": 4},
                "enhancedFindings": [
                    {
                        "severity": "UNTRIAGED",
                        "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-2026-0003"},
                    },
                    {
                        "severity": "CRITICAL",
                        "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-2026-0001"},
                    },
                ],
            },
        ),
        # No counts: the findings themselves are counted; and nobody pushed this image here.
        scan(32, sha("stranger"), {"findings": [{"name": "CVE-1", "severity": "UNDEFINED"}]}),
        scan(33, sha(GOOD), {}, errorCode="ScanNotFoundException", responseElements=None),
        scan(34, sha(ARM), {"findingSeverityCounts": {"LOW": True, "HIGH": "many"}}),
    ]
    with case_of(tmp_path_factory.mktemp("where"), *records) as opened:
        yield opened


def answer(case: Case, name: str, **parameters: Any) -> list[dict[str, Any]]:
    question = ask_for(name, **parameters).with_order()
    return case.ask(question.sql, question.bound).dicts()


def push_of(case: Case, digest: str) -> int:
    [key] = [p["push_key"] for p in answer(case, "pushes") if p["image_digest"] == digest]
    return int(key)


# --- deployments -------------------------------------------------------------------------------


def test_a_tag_that_was_moved_under_what_runs_it_is_told(case: Case) -> None:
    moved = {
        row["deployed"]: (row["tag_moved_to"], row["tag_moved_by"])
        for row in answer(case, "deployments")
        if row["tag_moved"] is not None
    }
    # What is pinned by digest stays, and what was deleted before no longer runs.
    assert moved == {
        "task definition web": (sha(BAD), EVE),
        "service default/web": (sha(BAD), EVE),
    }


def test_what_is_referenced_to_the_end_of_the_evidence(case: Case) -> None:
    still = {row["deployed"] for row in answer(case, "deployments") if row["still_referenced"]}
    assert still == {
        "task definition web",
        "task definition pinned",
        "task definition arm",
        "service default/web",
    }
    [gone] = [r for r in answer(case, "deployments") if r["deployed"] == "service default/gone"]
    assert (gone["ended_how"], gone["pushed_by"]) == ("deleted", DANA)


def test_a_push_knows_where_it_ran_and_under_what_it_was_put(case: Case) -> None:
    def of(digest: str) -> set[tuple[str, str]]:
        found = answer(case, "push_deployments", push_key=push_of(case, digest))
        return {(row["deployed"], row["relation"]) for row in found if row["act"] != "pulled"}

    assert of(sha(GOOD)) == {
        ("task definition web", "runs it"),
        ("service default/web", "runs it"),
        ("service default/gone", "runs it"),
        ("task definition pinned", "runs it"),
    }
    assert of(sha(BAD)) == {
        ("task definition web", "tag moved here"),
        ("service default/web", "tag moved here"),
    }
    # By the digest of one platform, the index ran.
    assert of(sha(MULTI)) == {("task definition arm", "runs it")}


def test_a_node_appears_by_the_first_pull_of_each_image(case: Case) -> None:
    pulled = [row for row in answer(case, "deployments") if row["act"] == "pulled"]
    assert [(row["platform"], row["deployed"]) for row in pulled] == [
        ("eks", "node i-0123456789abcdef0")
    ]
    assert pulled[0]["resolved_digest"] == sha(GOOD)


def test_deployments_are_narrowed_like_every_list(case: Case) -> None:
    assert {row["repository"] for row in answer(case, "deployments", repository="team/api")} == {
        API
    }
    assert answer(case, "deployments", repository="team/other") == []
    assert answer(case, "deployments", principal=EVE) == []


# --- pulls -------------------------------------------------------------------------------------


def test_pullers_are_told_apart_by_what_they_are(case: Case) -> None:
    found = {row["workload"]: row for row in answer(case, "pulls_by_principal")}
    assert set(found) == {"EKS node", "ECS task", "role session", "person"}
    node, task = found["EKS node"], found["ECS task"]
    assert (node["pulls"], node["images"], node["bursts"], node["largest_burst"]) == (2, 1, 1, 2)
    # Half an hour lies between the second and the third.
    assert (task["pulls"], task["images"], task["bursts"], task["largest_burst"]) == (3, 2, 2, 2)
    abroad = found["role session"]
    assert (abroad["account_id"], abroad["cross_account"]) == (OTHER, True)
    assert (node["cross_account"], found["person"]["identity_arn"]) == (False, DANA)


def test_one_call_may_pull_several_images(case: Case) -> None:
    [person] = [r for r in answer(case, "pulls_by_principal") if r["workload"] == "person"]
    assert (person["pulls"], person["images"]) == (3, 3)


def test_each_tag_and_digest_knows_its_last_pull(case: Case) -> None:
    found = {
        (row["image_tag"], row["resolved_digest"]): row for row in answer(case, "pulls_by_image")
    }
    assert set(found) == {
        ("prod", sha(GOOD)),
        ("prod", sha(BAD)),
        (None, sha(GOOD)),
        (None, sha(BAD)),
        ("no", None),
    }
    last = found[None, sha(GOOD)]
    assert (last["last_puller"], f"{last['last_pull']:%H:%M}") == (TASK, "10:40")
    assert found["prod", sha(GOOD)]["pulls"] == 2


def test_the_pulls_of_a_push_are_those_of_its_image(case: Case) -> None:
    found = answer(case, "push_pulls", push_key=push_of(case, sha(BAD)))
    assert sorted((row["matched"], row["workload"]) for row in found) == [
        ("by digest", "ECS task"),
        ("by tag", "ECS task"),
        ("by tag", "person"),
        ("by tag", "role session"),
    ]


# --- scans -------------------------------------------------------------------------------------


def test_a_scan_names_who_pushed_the_image_not_who_read_the_result(case: Case) -> None:
    found = {row["image_digest"]: row for row in answer(case, "scans")}
    bad = found[sha(BAD)]
    assert (bad["critical"], bad["high"], bad["untriaged"], bad["results"]) == (2, 0, 4, 2)
    assert (bad["scan_kind"], bad["worst"]) == ("enhanced", "CVE-2026-0001, CVE-2026-0003")
    assert (bad["pushed_by"], bad["reader"]) == (EVE, EVE)
    arm = found[sha(ARM)]
    assert (arm["pushed_by"], arm["reader"], arm["pushed_to"]) == (DANA, EVE, API)
    # What is no number is no count.
    assert (arm["low"], arm["high"]) == (0, 0)


def test_an_image_nobody_pushed_here_and_a_scan_that_failed(case: Case) -> None:
    found = {row["image_digest"]: row for row in answer(case, "scans")}
    assert set(found) == {sha(BAD), sha(ARM), sha("stranger")}
    stranger = found[sha("stranger")]
    assert (stranger["undefined"], stranger["scan_kind"]) == (1, "basic")
    assert (stranger["pushed_by"], stranger["push_time"]) == (None, None)


def test_ecrs_own_notice_of_a_scan_is_joined_to_the_push_too(tmp_path: Path) -> None:
    notice: Record = {
        "id": "85fc3613-e913-7fc4-a80c-a3753e4aa9ae",
        "detail-type": "ECR Image Scan",
        "source": "aws.ecr",
        "account": ACCOUNT,
        "time": at(5),
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "scan-status": "COMPLETE",
            "repository-name": "team/api",
            "finding-severity-counts": {"CRITICAL": 7, "MEDIUM": 1},
            "image-digest": sha(GOOD),
            "image-tags": ["prod"],
        },
    }
    inspectors = {
        **notice,
        "id": "739c0d3c-4f02-85c7-5a88-94a9b1a9b1a9",
        "detail-type": "Inspector2 Scan",
        "source": "aws.inspector2",
        "time": at(6),
        "detail": {
            **notice["detail"],
            "scan-status": "INITIAL_SCAN_COMPLETE",
            "repository-name": f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/api",
            "finding-severity-counts": {"CRITICAL": 9, "UNTRIAGED": 2, "TOTAL": 11},
        },
    }
    other = {**inspectors, "id": "1", "detail": {"instance-id": "i-0123456789abcdef0"}}
    texts = (push(GOOD, "prod", at(0)), notice, inspectors, other)
    text = "\n".join(map(json.dumps, texts))
    (tmp_path / "both.ndjson").write_text(text)
    with case_in_memory(tmp_path / "both.ndjson") as case:
        [found] = answer(case, "scans")
        basic = rows(case, "SELECT critical, medium, scan_kind FROM scans ORDER BY event_time")
    assert basic == [(7, 1, "basic"), (9, 0, "enhanced")]
    # The newest result is the one that counts.
    assert (found["critical"], found["untriaged"], found["image_tag"]) == (9, 2, "prod")
    assert (found["pushed_by"], found["event_name"]) == (DANA, "Inspector2 Scan")
