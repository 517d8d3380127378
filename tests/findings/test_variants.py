"""Variants of what rules see, each on evidence of its own: other names, forms and partitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from queries.findings.rules import built_in_rules
from queries.findings.run import find
from queries.findings.settings import Settings
from tests.evidence_files import ACCOUNT, Record, at, case_of, image, push, record

_JOBS = {
    "github": ("repo:o/app:ref:refs/heads/main", "repo:o/app:environment:prod", "repo:o/x:y"),
    "gitlab": (
        "project_path:o/app:ref_type:branch:ref:main",
        "project_path:o/app:ref_type:tag:ref:v1",
        "project_path:o/x:ref_type:branch:ref:main",
    ),
    "buildkite": (
        "organization:o:pipeline:app:ref:refs/heads/main:commit:1:step:a",
        "organization:o:pipeline:app:ref:refs/tags/v1:commit:2:step:a",
        "organization:o:pipeline:x:ref:refs/heads/main:commit:1:step:a",
    ),
    "terraform": (
        "organization:o:project:p:workspace:app:run_phase:plan",
        "organization:o:project:p:workspace:app:run_phase:apply",
        "organization:o:project:p:workspace:x:run_phase:apply",
    ),
    "circleci": ("org/1/project/app/user/7", "org/1/project/app/user/8", "org/1/project/x/user/7"),
    "bitbucket": tuple(
        f"{{{repo * 8}-0000-0000-0000-000000000000}}:{{{step}}}"
        for repo, step in ("1a", "1b", "2a")
    ),
    "azure devops": ("sc://o/p/app", "sc://o/p/app", "sc://o/p/x"),
}


@pytest.mark.parametrize("system", _JOBS)
def test_jobs_of_one_pipeline_are_one_actor_whatever_their_branch(
    system: str, tmp_path: Path
) -> None:
    usual, release, stranger = _JOBS[system]

    def run(number: int, day: int, subject: str, repo: str) -> list[Record]:
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run{number}"
        key = f"ASIARUN{number:09d}"
        provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example.com/1"
        when = f"2026-03-{day:02d}T10:{number % 60:02d}"
        token = {"type": "WebIdentityUser", "userName": subject, "identityProvider": provider}
        session = {"type": "AssumedRole", "arn": arn, "accountId": ACCOUNT, "accessKeyId": key}
        text = image("base", f"{number}")
        pushed = push(text, f"b{number}", f"{when}:30Z", userIdentity=session)
        pushed["requestParameters"]["repositoryName"] = repo
        pushed["responseElements"]["image"]["repositoryName"] = repo
        answer = {"credentials": {"accessKeyId": key}, "assumedRoleUser": {"arn": arn}}
        return [
            record("AssumeRoleWithWebIdentity", f"{when}:00Z", eventSource="sts.amazonaws.com",
                   userIdentity=token, responseElements=answer, requestParameters=None),
            pushed,
        ]  # fmt: skip

    records = [each for day in range(1, 10) for repo in ("app", "y")
               for each in run(day * 2 + (repo == "y"), day, usual, repo)]  # fmt: skip
    records += run(40, 11, release, "app") + run(41, 11, stranger, "y")
    with case_of(tmp_path, *records) as case:
        rules = [r for r in built_in_rules() if r.id == "push-by-new-principal"]
        found = find(case, Settings(rules=tuple(rules)))
        assert [str(f.repository).rsplit("/", 1)[1] for f in found.findings] == ["y"]
        found.close()


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
@pytest.mark.parametrize("path", ["", "ops/"])
@pytest.mark.parametrize(
    ("call", "severity"), [("CreateAccessKey", "high"), ("CreateLoginProfile", "medium")]
)
def test_a_user_is_the_same_in_any_partition_and_below_any_path(
    partition: str, path: str, call: str, severity: str, tmp_path: Path
) -> None:
    who = f"arn:{partition}:iam::{ACCOUNT}:user/{path}bak"
    pushing = push(image("1"), "v1", at(30), who)
    asked = {"userName": "bak"}
    key = {"accessKeyId": pushing["userIdentity"]["accessKeyId"], "userName": "bak"}
    made = record(
        call, at(5), f"arn:{partition}:iam::{ACCOUNT}:user/admin", eventSource="iam.amazonaws.com",
        requestParameters=asked,
        responseElements={"accessKey": key} if call == "CreateAccessKey" else None,
    )  # fmt: skip
    with case_of(tmp_path, made, pushing) as case:
        rules = [r for r in built_in_rules() if r.id == "credential-born-suspicious"]
        found = find(case, Settings(rules=tuple(rules)))
        [finding] = found.findings
        assert finding.severity == severity
        assert "by admin at" in finding.why
        [row] = case.ask("SELECT arn FROM created").rows
        assert row == (who,)
        found.close()


@pytest.mark.parametrize("code", ["ImageTagAlreadyExists", "ImageTagAlreadyExistsException"])
def test_a_fixed_tag_refuses_under_either_name_of_its_error(code: str, tmp_path: Path) -> None:
    text = image("1", "2")
    refused, other = push(text, "v1", at(5), failed=code), push(text, "v2", at(9))
    with case_of(tmp_path, refused, other) as case:
        rules = [r for r in built_in_rules() if r.id == "immutable-tag-attempt"]
        found = find(case, Settings(rules=tuple(rules)))
        assert [f.image_tag for f in found.findings] == ["v2"]
        found.close()


@pytest.mark.parametrize(
    ("name", "source", "said", "hit"),
    [
        ("RegisterJobDefinition", "batch", "curl $AWS_CONTAINER_CREDENTIALS_FULL_URI", True),
        ("RunTask", "ecs", "curl http://[FD00:EC2::254]/latest/meta-data/", True),
        ("RegisterTaskDefinition", "ecs", "curl http://169.254.170.1/", False),
        ("CreateCluster", "ecs", "curl http://169.254.170.2/", False),
    ],
)
def test_ways_to_a_tasks_credentials(
    name: str, source: str, said: str, hit: bool, tmp_path: Path
) -> None:
    asked = {"containerProperties": {"command": ["sh", "-c", said]}}
    called = record(name, at(5), eventSource=f"{source}.amazonaws.com", requestParameters=asked)
    with case_of(tmp_path, called) as case:
        rules = [r for r in built_in_rules() if r.id == "task-reads-credentials"]
        found = find(case, Settings(rules=tuple(rules)))
        assert bool(found.findings) is hit
        found.close()


@pytest.mark.parametrize(("days", "severity"), [(1, "medium"), (2, "medium"), (3, "low")])
def test_a_strange_account_is_one_finding_however_many_of_its_machines_pull(
    days: int, severity: str, tmp_path: Path
) -> None:
    pulls = [
        record(
            "BatchGetImage",
            f"2026-03-{day + 2:02d}T10:{minute:02d}:00Z",
            userIdentity={
                "type": "AWSAccount",
                "accountId": "999988887777",
                "principalId": f"AROAEXAMPLE:i-{day}{minute:016x}",
            },
            requestParameters={"repositoryName": "team/api", "imageIds": [{"imageTag": "v1"}]},
            readOnly=True,
        )
        for day in range(days)
        for minute in range(4)
    ]
    with case_of(tmp_path, *pulls) as case:
        rules = [r for r in built_in_rules() if r.id == "pulls-by-stranger"]
        found = find(case, Settings(rules=tuple(rules)))
        [finding] = found.findings
        assert finding.severity == severity
        assert len(finding.event_keys) == 4 * days
        found.close()


_SELECTORS: dict[str, Any] = {"includeManagementEvents": True, "readWriteType": "All"}
_MANAGED = {"field": "eventCategory", "equals": ["Management"]}
_LEFT_OUT = {"field": "eventSource", "notEquals": ["kms.amazonaws.com", "ecr.amazonaws.com"]}


@pytest.mark.parametrize(
    ("name", "asked", "severity"),
    [
        ("PutEventSelectors", {"eventSelectors": [_SELECTORS]}, "low"),
        (
            "PutEventSelectors",
            {"eventSelectors": [{**_SELECTORS, "includeManagementEvents": False}]},
            "high",
        ),
        (
            "PutEventSelectors",
            {"eventSelectors": [{**_SELECTORS, "readWriteType": "ReadOnly"}]},
            "high",
        ),
        (
            "PutEventSelectors",
            {"advancedEventSelectors": [{"fieldSelectors": [_MANAGED]}]},
            "low",
        ),
        (
            "PutEventSelectors",
            {"advancedEventSelectors": [{"fieldSelectors": [_MANAGED, _LEFT_OUT]}]},
            "high",
        ),
        (
            "PutEventSelectors",
            {"advancedEventSelectors": [{"fieldSelectors": [{"field": "eventCategory"}]}]},
            "high",
        ),
        ("UpdateTrail", {"name": "t", "enableLogFileValidation": True}, "low"),
        ("UpdateTrail", {"name": "t", "isMultiRegionTrail": False}, "high"),
        ("UpdateDetector", {"detectorId": "1", "enable": True}, "low"),
        ("UpdateDetector", {"detectorId": "1", "enable": False}, "high"),
        ("DeleteResolverQueryLogConfig", {"resolverQueryLogConfigId": "1"}, "low"),
        ("DeleteTrail", {"name": "t"}, "high"),
    ],
)
def test_a_change_of_the_logging_weighs_by_what_is_seen_after_it(
    name: str, asked: dict[str, Any], severity: str, tmp_path: Path
) -> None:
    services = {"UpdateDetector": "guardduty", "DeleteResolverQueryLogConfig": "route53resolver"}
    source = f"{services.get(name, 'cloudtrail')}.amazonaws.com"
    called = record(name, at(5), eventSource=source, requestParameters=asked)
    with case_of(tmp_path, called) as case:
        rules = [r for r in built_in_rules() if r.id == "logging-tampered"]
        found = find(case, Settings(rules=tuple(rules)))
        assert [f.severity for f in found.findings] == [severity]
        found.close()


@pytest.mark.parametrize(
    ("asked", "error", "severities"),
    [
        ({"resourceTypes": ["EC2", "ECR"]}, None, ["high"]),
        ({"accountIds": [ACCOUNT]}, None, ["high"]),
        ({"resourceTypes": ["ECR"]}, "AccessDeniedException", ["medium"]),
        ({"resourceTypes": ["LAMBDA"]}, None, []),
    ],
)
def test_inspector_switched_off_for_images_lowers_a_guard(
    asked: dict[str, Any], error: str | None, severities: list[str], tmp_path: Path
) -> None:
    source = "inspector2.amazonaws.com"
    called = record("Disable", at(9), eventSource=source, requestParameters=asked, errorCode=error)
    with case_of(tmp_path, push(image("a"), "v1", at(5)), called) as case:
        rules = [r for r in built_in_rules() if r.id == "guard-lowered"]
        found = find(case, Settings(rules=tuple(rules)))
        assert [f.severity for f in found.findings] == severities
        found.close()
