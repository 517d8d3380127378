"""The rules for Azure and Kubernetes: each finds its case, no near miss and no everyday life.

Repositories, pods and people are named for what they are: hit, miss, benign.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.findings.found import Found
from queries.findings.rules import built_in_rules
from queries.findings.run import find
from queries.findings.settings import Settings
from tests.evidence_files import case_in_memory, write
from tests.providers.audit_events import Audit, audit, person, pod, workload
from tests.providers.azure_records import (
    CI,
    REGISTRY,
    SERVER,
    Row,
    activity,
    digest,
    lines,
    row,
    stored,
)

CASES = {
    # rule: ((who, severity), who is not meant)
    "shared-credentials-used": (("cred-hit", "high"), ("cred-miss", "cred-benign")),
    "registry-opened": (("open-hit", "high"), ("open-miss", "open-benign")),
    "registry-outlet-added": (("hook-hit", "medium"), ("hook-miss", "hook-benign")),
    "image-from-the-control-plane": (("import-hit", "medium"), ("import-miss",)),
    "k8s-privileged-pod-from-pushed-image": (
        ("priv-hit", "high"), ("priv-late", "priv-plain", "priv-other"),
    ),
    "k8s-unseen-image": (("new-hit", "medium"), ("new-miss", "new-benign")),
    "k8s-into-pod": (("exec-hit", "high"), ("exec-miss", "exec-denied-read")),
}  # fmt: skip


def name(who: str) -> str:
    return f"{who}@example.com"


def at(day: int, hour: int, minute: int = 0) -> str:
    return f"2026-03-{day:02d}T{hour:02d}:{minute:02d}:00Z"


def control(what: str, day: int, who: str, **members: Any) -> Row:
    operation = f"Microsoft.ContainerRegistry/registries/{what}"
    made = activity(operation, at(day, 9), REGISTRY, name(who), **members)
    made["correlationId"] = f"{what} {who}"
    return made


def settings(**properties: Any) -> Row:
    return {"properties": properties}


def azure() -> list[Row]:
    pushed = [
        row("Push", at(5, 8), "app/agent", "1", digest("a")),
        row("Push", at(5, 8, 5), "app/tool", "1", digest("b"), who=name("exec-hit")),
        row("Push", at(5, 10), "app/by-admin", "1", digest("c"), who="contosoprod"),
    ]
    return [
        *map(stored, pushed),
        control("write", 5, "cred-hit", body=settings(adminUserEnabled=True)),
        control("write", 6, "cred-miss", body=settings(adminUserEnabled=False)),
        control("read", 6, "cred-benign"),
        control("write", 6, "open-hit", body=settings(anonymousPullEnabled=True)),
        control("write", 6, "open-miss", body=settings(networkRuleSet={"defaultAction": "Deny"})),
        control("write", 6, "open-benign", body=settings(publicNetworkAccess="Disabled")),
        control("webhooks/write", 6, "hook-hit",
                body=settings(serviceUri="https://evil.example.com/x", actions=["push"])),
        control("webhooks/write", 6, "hook-miss", status="Failure"),
        control("webhooks/ping/action", 6, "hook-benign"),
        control("importImage/action", 6, "import-hit",
                body={"source": {"registryUri": "docker.io", "sourceImage": "evil/x:1"},
                      "targetTags": ["app/imported:1"]}),
        control("listUsages/read", 6, "import-miss"),
    ]  # fmt: skip


def cluster() -> list[Audit]:
    agent, tool = f"{SERVER}/app/agent:1", f"{SERVER}/app/tool:1"
    host: dict[str, Any] = {"hostPID": True}

    def runs(who: str, day: int, hour: int, *images: str, **members: Any) -> Audit:
        made = pod(*images, name=who, **members)
        return audit(
            "create", "pods", at(day, hour), who, user=person(name(who)), requestObject=made
        )

    return [
        runs("everyday", 1, 8, "docker.io/library/nginx:1", agent),
        runs("priv-hit", 5, 9, agent, **host),
        runs("priv-late", 8, 9, agent, **host),
        runs("priv-plain", 5, 9, agent),
        runs("priv-other", 5, 9, "docker.io/library/nginx:1", **host),
        runs("new-hit", 6, 9, "registry.evil.example.com/miner:1"),
        runs("new-miss", 2, 9, "ghcr.io/early/thing:1"),
        audit("patch", "deployments", at(6, 10), "web", user=person(name("new-benign")), code=200,
              requestObject=workload("Deployment", "web", "nginx:2", "docker.io/library/nginx:3")),
        runs("tool", 5, 9, tool),
        audit("get", "pods/exec", at(5, 12), "tool", user=person(name("exec-hit")), code=101,
              requestURI="/api/v1/namespaces/prod/pods/tool/exec?command=sh"),
        audit("get", "pods/log", at(5, 12), "tool", user=person(name("exec-miss")), code=200),
        audit("get", "pods", at(5, 12), "tool", user=person(name("exec-denied-read")), code=403),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    files = {"azure.json": lines(*azure()), "audit.log": lines(*cluster())}
    folder: Path = write(tmp_path_factory.mktemp("clouds"), files)
    chosen = tuple(rule for rule in built_in_rules() if rule.id in CASES)
    with case_in_memory(folder) as case:
        answer = find(case, Settings(rules=chosen))
        yield answer
        answer.close()


def by_origin(found: Found, rule: str) -> dict[str, Any]:
    return {
        str(finding.origin).split("@")[0]: finding
        for finding in found.findings
        if finding.rule.id == rule
    }


@pytest.mark.parametrize("rule", CASES)
def test_the_rule_tells_its_case_from_its_neighbours(rule: str, found: Found) -> None:
    (subject, severity), others = CASES[rule]
    by = by_origin(found, rule)
    assert subject in by, sorted(by)
    assert by[subject].severity == severity, by[subject].why
    for other in others:
        assert other not in by, by[other].why


def test_no_rule_failed(found: Found) -> None:
    assert {run.rule.id for run in found.runs if run.status == "failed"} == set()


def test_the_sentences_name_what_was_done(found: Found) -> None:
    said = {rule: by_origin(found, rule)[CASES[rule][0][0]].why for rule in CASES}
    assert "https://evil.example.com/x" in said["registry-outlet-added"]
    assert "docker.io/evil/x:1" in said["image-from-the-control-plane"]
    assert "hostPID" in said["k8s-privileged-pod-from-pushed-image"]
    assert CI[:8] in said["k8s-privileged-pod-from-pushed-image"]
    assert "registry.evil.example.com" in said["k8s-unseen-image"]
    assert "to run sh" in said["k8s-into-pod"]
