"""The smaller samples: committed as generated, harmless, and with what there is to find."""

from __future__ import annotations

import gzip
import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case
from queries.findings.rules import built_in_rules
from queries.findings.run import find
from queries.findings.settings import Settings
from samples import generate, incident_path
from tests.evidence_files import case_in_memory, rows

NAMES = ("azure", "google", "cluster")
PRIVATE = [
    ipaddress.ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8")
]
THIEF = "198.51.100.77"


def texts(name: str) -> dict[str, bytes]:
    folder = incident_path(name)
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    return {
        path: gzip.decompress(data) if path.endswith(".gz") else data
        for path, data in found.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_what_the_generator_writes(name: str, tmp_path: Path) -> None:
    generate.main(["--only", name, "--out", str(tmp_path)])
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    committed = texts(name)
    assert made == set(committed)
    for path, text in committed.items():
        data = (tmp_path / path).read_bytes()
        assert (gzip.decompress(data) if path.endswith(".gz") else data) == text


@pytest.mark.parametrize("name", NAMES)
def test_nobody_in_a_sample_exists(name: str) -> None:
    text = b"".join(texts(name).values()).decode()
    for address in set(re.findall(r'"(\d{1,3}(?:\.\d{1,3}){3})"', text)):
        assert any(ipaddress.ip_address(address) in network for network in PRIVATE), address
    assert set(re.findall(r"[\w.]+@([\w.-]+)", text)) - {"sha256"} <= {
        "example.com",
        "example-shop.iam.gserviceaccount.com",
    }
    assert set(re.findall(r"\b\d{12}\b(?=\.dkr|:)", text)) <= {"111122223333", "444455556666"}


def findings(case: Case) -> dict[str, set[str]]:
    answer = find(case, Settings(rules=built_in_rules()))
    try:
        found: dict[str, set[str]] = {}
        for finding in answer.findings:
            found.setdefault(finding.rule.id, set()).add(str(finding.origin))
        return found
    finally:
        answer.close()


@pytest.fixture(scope="module")
def azure() -> Iterator[Case]:
    with case_in_memory(incident_path("azure")) as case:
        yield case


@pytest.fixture(scope="module")
def cluster() -> Iterator[Case]:
    with case_in_memory(incident_path("cluster")) as case:
        yield case


def implant(case: Case) -> dict[str, Any]:
    """The push that moved a tag to an image nobody knew, at night."""
    answer = case.ask(
        "SELECT * FROM pushes WHERE effect = 'moved tag' AND image_tags = 'prod'"
        " AND extract(hour FROM event_time) > 20"
    ).dicts()
    [push] = answer
    return push


def test_the_azure_story_can_be_followed(azure: Case) -> None:
    push = implant(azure)
    assert (push["principal"], push["source_ip_address"]) == ("exampleshop", THIEF)
    assert push["repository"] == "exampleshop.azurecr.io/shop/checkout"
    [(deployed, by)] = rows(
        azure,
        "SELECT deployed, principal FROM deployments WHERE push_key = $k AND act <> 'pulled'",
        k=push["push_key"],
    )
    assert (deployed.lower(), by) == ("container app shop/checkout", "jo.build@example.com")
    others = rows(
        azure,
        "SELECT DISTINCT event_name FROM events WHERE source_ip_address = $a"
        " AND merged_into IS NULL AND principal LIKE 'jo.%' ORDER BY 1",
        a=THIEF,
    )
    assert ("ListCredentials",) in others
    assert ("CreateOrUpdateRegistry",) in others
    found = findings(azure)
    assert "jo.build@example.com" in found["shared-credentials-used"]
    assert "jo.build@example.com" in found["registry-outlet-added"]
    assert "exampleshop" in found["tag-moved"]


def test_the_story_of_the_cluster_can_be_followed(cluster: Case) -> None:
    push = implant(cluster)
    assert push["origin"].endswith(":user/sam.sre")
    found = rows(
        cluster,
        "SELECT deployed, origin FROM deployments WHERE push_key = $k AND deployed LIKE 'pod %'",
        k=push["push_key"],
    )
    assert len(found) == 2
    assert {origin.rsplit("/", 1)[-1] for _, origin in found} == {"sam.sre"}
    rules = findings(cluster)
    for rule in ("k8s-privileged-pod-from-pushed-image", "k8s-into-pod", "implant-shaped-push"):
        assert any(origin.endswith("sam.sre") for origin in rules[rule]), rule
