"""The rules on evidence of Google Cloud: what each finds, a near miss, and everyday life."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from queries.findings.found import Found
from queries.findings.rules import built_in_rules
from queries.findings.run import find
from queries.findings.settings import Settings
from samples.google_entries import API, REGISTRY, Entry, digest, docker, entry
from tests.evidence_files import case_in_memory

PROJECT, PLACE = "example-shop", "europe-west3"
CI = f"ci@{PROJECT}.iam.gserviceaccount.com"
DANA, EVE = "dana@example.com", "eve@example.com"
START = datetime(2026, 3, 2, 9, 0, 0, 500_000, tzinfo=UTC)
LOGGING = "logging.googleapis.com"
CONFIG = "google.logging.v2.ConfigServiceV2"


def at(day: int, minute: int = 0) -> datetime:
    return START + timedelta(days=day, minutes=minute)


def put(repo: str, tag: str, what: str, when: datetime, who: str, address: str) -> Entry:
    return docker(when, PROJECT, PLACE, "shop", repo, "PutManifest", f"{tag}@{digest(what)}", who,
                  address, agent="docker/27.1.1")  # fmt: skip


def call(when: datetime, service: str, method: str, resource: str, who: str, **more: Any) -> Entry:
    return entry(when, PROJECT, service, method, resource, who, "203.0.113.20", log="activity",
                 **more)  # fmt: skip


def policy(when: datetime, repo: str, role: str, member: str, action: str = "ADD") -> Entry:
    resource = f"projects/{PROJECT}/locations/{PLACE}/repositories/{repo}"
    delta = {"action": action, "role": f"roles/artifactregistry.{role}", "member": member}
    return call(when, REGISTRY, f"{API}.SetIamPolicy", resource, DANA,
                serviceData={"policyDelta": {"bindingDeltas": [delta]}})  # fmt: skip


def delete(when: datetime, repo: str, what: str, who: str) -> Entry:
    resource = f"projects/{PROJECT}/locations/{PLACE}/repositories/shop/packages/{repo}"
    return call(when, REGISTRY, f"{API}.DeleteVersion", f"{resource}/versions/{digest(what)}", who)


def scene() -> list[Entry]:
    everyday = [
        put(repo, "prod", f"{repo} {day}", at(day, minute), CI, "192.0.2.14")
        for day in range(12)
        for minute, repo in enumerate(("hit", "benign", "deleted", "kept"))
    ]
    deny = {"status": {"code": 7, "message": "no"}}
    return [
        *everyday,
        put("hit", "prod", "implant", at(12, 5), EVE, "198.51.100.77"),
        docker(at(12, 6), PROJECT, PLACE, "shop", "miss", "PutManifest", "prod", EVE,
               "198.51.100.77", **deny),
        put("benign", "prod", "benign 12", at(12, 1), CI, "192.0.2.14"),
        policy(at(12, 10), "open", "reader", "allUsers"),
        policy(at(12, 11), "handed", "writer", "x@other-shop.iam.gserviceaccount.com"),
        policy(at(12, 12), "closed", "reader", "allUsers", "REMOVE"),
        policy(at(12, 13), "team", "writer", "group:team@example.com"),
        put("deleted", "prod", "mine", at(12, 20), EVE, "198.51.100.77"),
        delete(at(12, 30), "deleted", "deleted 11", EVE),
        delete(at(12, 31), "kept", "kept 1", CI),
        call(at(12, 40), LOGGING, f"{CONFIG}.DeleteSink", "projects/p/sinks/audit", EVE),
        call(at(12, 41), LOGGING, f"{CONFIG}.CreateSink", "projects/p/sinks/more", DANA),
        call(at(12, 42), LOGGING, f"{CONFIG}.ListSinks", "projects/p", DANA),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    path: Path = tmp_path_factory.mktemp("google") / "S0.json"
    path.write_text("".join(json.dumps(each) + "\n" for each in scene()))
    with case_in_memory(path) as case:
        answer = find(case, Settings(rules=built_in_rules()))
        yield answer
        answer.close()


def places(found: Found, rule: str) -> set[str]:
    """The last parts of the repositories that a rule named."""
    return {
        str(finding.repository).rsplit("/", 1)[-1]
        for finding in found.findings
        if finding.rule.id == rule
    }


@pytest.mark.parametrize(
    ("rule", "hits", "others"),
    [
        ("push-by-new-principal", {"hit"}, {"miss", "benign", "kept"}),
        ("push-by-human-into-ci-repository", {"hit"}, {"miss", "benign"}),
        ("tag-moved", {"hit"}, {"miss", "benign"}),
        ("repository-policy-opened", {"open", "handed"}, {"closed", "team"}),
        ("images-deleted", {"deleted"}, {"kept", "hit"}),
        ("push-without-login", set(), {"hit", "benign"}),
    ],
)
def test_a_rule_tells_its_case_from_its_neighbours(
    found: Found, rule: str, hits: set[str], others: set[str]
) -> None:
    assert hits <= places(found, rule)
    assert places(found, rule).isdisjoint(others)


def test_stopped_logging_is_seen_and_more_logging_is_not(found: Found) -> None:
    said = [finding.why for finding in found.findings if finding.rule.id == "logging-tampered"]
    assert len(said) == 1
    assert EVE in said[0]
