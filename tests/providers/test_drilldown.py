"""The way of an investigation, on the evidence of each provider: from the repositories to the push,
to who was behind it, to everything they did, to the record as delivered.

To add a provider, add its sample to PROVIDERS.
"""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import samples
from queries.case import open_case
from queries.refresh import look_again
from samples import azure_incident
from samples import google_incident as google
from tests.evidence_files import case_in_memory, one, rows
from tui.cli import main

HERE = Path(samples.__file__).parent


@dataclass(frozen=True)
class Known:
    """What is to be found in a provider's sample."""

    evidence: Path
    repository: str
    tag: str
    """Of the push that put something else into the repository."""
    principal: str
    """Who made that push, as the record says."""
    origin: str
    """Who was behind it."""
    address: str
    deployed: str
    """What ran the image afterwards."""
    first_call: str
    """The first thing the origin did that night."""
    findings: frozenset[str]
    push_record: str
    """A text in the record of the push."""


PROVIDERS = {
    "google": Known(
        HERE / "google",
        "example-shop/europe-west3/shop/api",
        "prod",
        google.RELEASE,
        google.DANA,
        google.THIEF,
        "service shop",
        "GenerateAccessToken",
        frozenset({"tag-moved", "pulled-then-pushed", "images-deleted", "push-then-deploy",
                   "repository-policy-opened", "recon-then-push"}),
        "Docker-PutManifest",
    ),
    "azure": Known(
        HERE / "azure",
        "exampleshop.azurecr.io/shop/checkout",
        "prod",
        azure_incident.ADMIN,
        azure_incident.ADMIN,
        "198.51.100.77",
        "container app shop/checkout",
        "Login",
        frozenset({"tag-moved", "pulled-then-pushed", "images-deleted", "push-by-new-principal",
                   "deployed-image-replaced"}),
        "ContainerRegistryRepositoryEvents",
    ),
    "kubernetes": Known(
        HERE / "cluster",
        "111122223333/us-east-1/team/pay",
        "prod",
        "arn:aws:sts::111122223333:assumed-role/ci-push/1773357001",
        "arn:aws:iam::444455556666:user/sam.sre",
        "198.51.100.77",
        "deployment shop/pay in prod",
        "AssumeRole",
        frozenset({"k8s-privileged-pod-from-pushed-image", "push-then-deploy"}),
        "PutImage",
    ),
}  # fmt: skip


@pytest.fixture(params=PROVIDERS, scope="module")
def known(request: pytest.FixtureRequest) -> Known:
    return PROVIDERS[request.param]


def answer(known: Known, command: str, *arguments: str) -> Any:
    """What a command says of the evidence, as data."""
    said = io.StringIO()
    with redirect_stdout(said):
        code = main([command, str(known.evidence), *arguments, "--format", "json"])
    assert code == 0, said.getvalue()
    return json.loads(said.getvalue())


def the_push(known: Known) -> Any:
    pushes = answer(known, "pushes", "--repository", known.repository)
    own = [p for p in pushes if p["outcome"] == "ok" and p["principal"] == known.principal]
    return max(own, key=lambda p: str(p["event_time"]))


def test_the_repository_is_listed_with_its_pushes(known: Known) -> None:
    [found] = [
        row for row in answer(known, "repositories") if row["repository"] == known.repository
    ]
    assert found["pushes"] >= 2


def test_the_push_says_who_from_where_and_who_was_behind(known: Known) -> None:
    push = the_push(known)
    assert push["image_tags"] == known.tag
    assert push["origin"] == known.origin
    assert known.address in (push["source_ip_address"], push["login_ip"])


def test_the_principal_leads_to_all_they_did_and_to_the_record(known: Known) -> None:
    did = answer(known, "activity", "--origin", known.origin)
    night = [e for e in did if e["source_ip_address"] == known.address]
    assert night[0]["event_name"] == known.first_call
    time = the_push(known)["event_time"]
    push = next(e for e in did if e["event_time"] == time)
    said = io.StringIO()
    with redirect_stdout(said):
        assert main(["event", str(known.evidence), "--event-id", push["event_id"]]) == 0
    assert known.push_record in said.getvalue()


def test_it_is_told_where_the_image_ran(known: Known) -> None:
    push = the_push(known)
    with case_in_memory(known.evidence) as case:
        ran = rows(
            case,
            "SELECT deployed, resolved_digest FROM deployments"
            " WHERE push_key = $key AND act <> 'pulled'",
            key=push["push_key"],
        )
    assert (known.deployed, push["image_digest"]) in ran


def test_the_findings_see_it(known: Known) -> None:
    stories = answer(known, "findings")["stories"]
    rules = {
        rule for story in stories for rule in story["rules"] if story["subject"] == known.origin
    }
    assert known.findings <= rules


def test_all_evidence_is_read(known: Known) -> None:
    files = answer(known, "evidence")["files"]
    assert files
    assert {each["status"] for each in files} == {"read"}


def test_evidence_may_come_in_two_steps(known: Known, tmp_path: Path) -> None:
    """What joins records of one act has to find those that were read before."""
    files = sorted(path for path in known.evidence.rglob("*") if path.is_file())
    folder = tmp_path / "logs"

    def bring(some: list[Path]) -> None:
        for path in some:
            target = folder / path.relative_to(known.evidence)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())

    bring(files[::2])
    case = open_case([str(folder)])
    bring(files[1::2])
    grown = look_again(case)
    assert grown is not None
    case.close()
    for question in (
        "SELECT event_id, outcome, registry_action, merged_into IS NULL FROM events ORDER BY ALL",
        "SELECT repository, image_tags, image_digest, effect, origin FROM pushes ORDER BY ALL",
        "SELECT deployed, image, resolved_digest, until, origin FROM deployments ORDER BY ALL",
    ):
        with case_in_memory(folder) as whole:
            assert rows(grown, question) == rows(whole, question)
    grown.close()


def test_all_clouds_stand_on_one_time_line() -> None:
    """The evidence of CloudTrail and of every other provider, in one case."""
    paths = [samples.incident_path(), *(each.evidence for each in PROVIDERS.values())]
    with case_in_memory(*paths) as case:
        clouds = {row[0] for row in rows(case, "SELECT DISTINCT provider FROM events")}
        assert clouds == {"aws", *PROVIDERS}
        alone = 0
        for path in paths:
            with case_in_memory(path) as single:
                alone += single.totals["pushes"]
        assert case.totals["pushes"] == alone
        several = one(
            case, "SELECT count(*) FROM (SELECT repository FROM pushes JOIN events USING"
            " (event_key, repository) GROUP BY repository HAVING count(DISTINCT provider) > 1)"
        )  # fmt: skip
        assert several == 0
