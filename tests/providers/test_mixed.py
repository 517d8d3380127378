"""One image on its way through the clouds: ECR, Azure, Google, a cluster; in one case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from queries.case import Case
from queries.progress import CancelToken
from queries.question import Order, ask_for
from samples.google_entries import docker
from tests.evidence_files import case_in_memory, image, push, record, rows, sha, trail, write
from tests.providers.audit_events import audit, pod
from tests.providers.azure_records import EVE, SERVER, lines, row, stored
from tests.tui.driving import MIDDLE, NARROW, driving
from tui.screens.aftermath import aftermath
from tui.screens.push import PushScreen

IMAGE = image("base", "app", "extra")
DIGEST = sha(IMAGE)
ECR = "111122223333/us-east-1/team/api"
ACR = f"{SERVER}/team/api"
GOOGLE = "example-shop/europe-west3/shop/api"
REFERENCE = "europe-west3-docker.pkg.dev/example-shop/shop/api"


def at(minute: int) -> str:
    return f"2026-03-02T10:{minute:02}:00Z"


def files() -> dict[str, bytes]:
    """Pushed to ECR, pulled there, pushed to Azure, pulled there, pushed to Google, run on EKS."""
    pulled = record(
        "BatchGetImage",
        at(5),
        readOnly=True,
        requestParameters={
            "registryId": "111122223333",
            "repositoryName": "team/api",
            "imageIds": [{"imageDigest": DIGEST}],
        },
    )
    azure = [
        row("Push", at(10), "team/api", "v1", DIGEST, who=EVE),
        row("Pull", at(20), "team/api", "v1", DIGEST, who=EVE, ResultDescription="200"),
    ]
    google = docker(
        datetime.fromisoformat(at(30)), "example-shop", "europe-west3", "shop", "api",
        "PutManifest", f"v1@{DIGEST}", "eve@example.com", "203.0.113.20", agent="docker/27.1.1",
    )  # fmt: skip
    ran = audit(
        "create", "pods", at(40), "api-1", requestObject=pod(f"{REFERENCE}@{DIGEST}", name="api-1")
    )
    subscription = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "/aws/eks/blue/cluster",
        "logStream": "kube-apiserver-audit-0a1b",
        "logEvents": [{"id": "1", "timestamp": 1772446800000, "message": json.dumps(ran)}],
    }
    return {
        "trail.json": trail([push(IMAGE, "v1", at(0)), pulled]),
        "PT1H.json": lines(*map(stored, azure)),
        "S0.json": json.dumps(google).encode() + b"\n",
        "eks.json": json.dumps(subscription).encode(),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("mixed"), files())


@pytest.fixture(scope="module")
def case(folder: Path) -> Iterator[Case]:
    with case_in_memory(folder) as opened:
        yield opened


def push_of(case: Case, repository: str) -> int:
    [(key,)] = rows(case, "SELECT push_key FROM pushes WHERE repository = $name", name=repository)
    assert isinstance(key, int)
    return key


def test_all_clouds_stand_on_one_time_line(case: Case) -> None:
    asked = ask_for("activity", scope="all").with_order(Order("event_time"))
    found = case.ask(asked.sql, asked.bound).dicts()
    assert [each["event_name"] for each in found] == [
        "PutImage",
        "BatchGetImage",
        "Push",
        "Pull",
        "Docker-PutManifest",
        "create pods",
    ]


def test_each_push_tells_where_else_the_image_is(case: Case) -> None:
    asked = ask_for("push_elsewhere", push_key=push_of(case, ACR)).with_order(Order("event_time"))
    found = case.ask(asked.sql, asked.bound).dicts()
    assert [(each["act"], each["repository"], each["before"]) for each in found] == [
        ("pushed", ECR, True),
        ("pulled", ECR, True),
        ("pushed", GOOGLE, False),
    ]
    assert all(each["other_cloud"] for each in found)


def test_the_push_names_the_clouds_that_its_image_crosses(case: Case) -> None:
    said = [text for _, text in aftermath(case, push_of(case, ECR), None, CancelToken())]
    assert f"pushed to {ACR} (Azure) by {EVE}, 2026-03-02 10:10:00" in said
    assert f"pulled from {ACR} (Azure) by {EVE}, 2026-03-02 10:20:00" in said
    assert f"pushed to {GOOGLE} (Google Cloud) by eve@example.com, 2026-03-02 10:30:00" in said


def test_a_manifest_that_one_log_has_is_told_where_the_other_has_none(case: Case) -> None:
    said = [str(text) for _, text in aftermath(case, push_of(case, ACR), None, CancelToken())]
    [known] = [text for text in said if "its manifest was recorded" in text]
    assert "3 layers" in known
    assert not any(
        "its manifest was recorded" in str(text)
        for _, text in aftermath(case, push_of(case, ECR), None, CancelToken())
    )


def test_within_one_cloud_the_cloud_is_not_named(tmp_path: Path) -> None:
    other = push(IMAGE, "v1", at(50))
    other["requestParameters"]["repositoryName"] = "team/copy"
    other["responseElements"]["image"]["repositoryName"] = "team/copy"
    path = write(tmp_path, {"t.json": trail([push(IMAGE, "v1", at(0)), other])})
    with case_in_memory(path) as case:
        said = aftermath(case, push_of(case, ECR), None, CancelToken())
    [(_, text)] = [fact for fact in said if fact[0] == "same image"]
    assert str(text).startswith("pushed to 111122223333/us-east-1/team/copy by dana")


def test_the_cluster_runs_what_was_pushed_and_has_its_name(case: Case) -> None:
    found = rows(
        case, "SELECT deployed, matched, repository FROM deployments WHERE act = 'deployed'"
    )
    assert found == [("pod prod/api-1 in blue", "digest", GOOGLE)]


@pytest.mark.parametrize("size", [NARROW, MIDDLE], ids=["80x24", "120x40"])
async def test_the_screen_tells_it(folder: Path, size: tuple[int, int]) -> None:
    async with driving(str(folder), size=size) as driver:
        await driver.go_to(repository=ACR)
        await driver.press("enter", "enter")
        assert isinstance(driver.screen, PushScreen)
        said = driver.facts("#facts") if size == MIDDLE else {}
        assert not said or ECR in said["same image"]
        assert "same image" in driver.text()
