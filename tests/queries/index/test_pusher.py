"""By what way a push came, and what kind of workload pulled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evidence_files import ACCOUNT, at, case_of, image, push, record

A = image("a")


@pytest.mark.parametrize(
    ("address", "via"),
    [
        ("AWS Internal", "docker client"),
        ("prod.frontend.ecr.aws.internal", "docker client"),
        ("ecr.amazonaws.com", "docker client"),
        ("cloudformation.amazonaws.com", "AWS service"),
        ("imagebuilder.amazonaws.com.cn", "AWS service"),
        ("198.51.100.7", "docker client"),
        (None, "docker client"),
    ],
)
def test_a_service_that_called_for_somebody_is_no_docker_client(
    address: str | None, via: str, tmp_path: Path
) -> None:
    with case_of(tmp_path, push(A, "v1", at(0), sourceIPAddress=address)) as case:
        assert case.ask("SELECT via, made_by FROM pushes").rows == [(via, "person")]


@pytest.mark.parametrize(
    ("session", "workload"),
    [
        ("eks-prod-api-7c-4f1e2d3c-aaaa-bbbb-cccc-0123456789ab", "EKS pod"),
        ("eks-prod-api", "role session"),
        ("i-0123456789abcdef0", "EC2 node"),
    ],
)
def test_a_pod_with_pod_identity_is_told_by_its_session(
    session: str, workload: str, tmp_path: Path
) -> None:
    identity = {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/puller/{session}",
        "accessKeyId": "ASIAPULL",
    }
    asked = {"repositoryName": "team/api", "imageIds": [{"imageTag": "v1"}]}
    pull = record("BatchGetImage", at(0), userIdentity=identity, requestParameters=asked)
    with case_of(tmp_path, pull) as case:
        assert case.ask("SELECT workload FROM pulls").rows == [(workload,)]


def test_a_session_of_roles_anywhere_is_led_back_to_the_subject_of_its_certificate(
    tmp_path: Path,
) -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/on-premises/3f2a"
    subject = f"arn:aws:rolesanywhere:us-east-1:{ACCOUNT}:subject/41c10bae"
    made = record(
        "CreateSession",
        at(0),
        eventSource="rolesanywhere.amazonaws.com",
        userIdentity={"type": "Unknown", "accountId": ACCOUNT, "principalId": "", "arn": ""},
        responseElements={
            "credentialSet": [
                {
                    "assumedRoleUser": {"arn": session},
                    "credentials": {"accessKeyId": "ASIAANYWHERE", "secretAccessKey": "hidden"},
                    "sourceIdentity": "CN=build-7",
                }
            ],
            "subjectArn": subject,
        },
    )
    identity = {"type": "AssumedRole", "arn": session, "accessKeyId": "ASIAANYWHERE"}
    with case_of(tmp_path, made, push(A, "v1", at(1), userIdentity=identity)) as case:
        assert case.ask("SELECT origin FROM pushes").rows == [(subject,)]
        asked = "SELECT principal, issued_arn, response_elements FROM events WHERE event_name = $n"
        assert case.ask(asked, {"n": "CreateSession"}).rows == [(subject, session, None)]
