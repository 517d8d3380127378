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
