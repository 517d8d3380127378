"""Each rule finds what it is for, and neither what lacks a condition nor everyday life."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from ipaddress import ip_network
from pathlib import Path

import pytest

from queries.case import Case
from queries.findings.found import Found
from queries.findings.model import Finding
from queries.findings.rules import built_in_rules, check_against_tables, parse_rule
from queries.findings.run import find
from queries.findings.settings import Settings
from tests.evidence_files import (
    ACCOUNT,
    at,
    case_in_memory,
    case_of,
    image,
    push,
    sha,
    trail,
    write,
)
from tests.findings.scene import CI, HOME, user, whole_scene
from tests.findings.test_clouds import CASES as OTHER_CLOUDS


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = write(tmp_path_factory.mktemp("scene"), {"trail.json": trail(whole_scene())})
    with case_in_memory(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(case: Case) -> Iterator[Found]:
    answer = find(case, Settings(rules=built_in_rules()))
    yield answer
    answer.close()


def about(found: Found, rule: str) -> dict[str, list[Finding]]:
    """What a rule found, by repository (its name alone) and by who acted."""
    by: dict[str, list[Finding]] = defaultdict(list)
    for finding in found.findings:
        if finding.rule.id == rule:
            if finding.repository:
                by[finding.repository.split("/", 2)[-1]].append(finding)
            by[str(finding.origin).rsplit("/", 1)[-1]].append(finding)
    return by


@dataclass(frozen=True)
class Inputs:
    """What a rule is tried on: repositories or people of the scene."""

    hit: str
    severity: str
    misses: tuple[str, ...]
    """They lack one condition."""
    benign: tuple[str, ...]
    """Everyday life."""


CASES: Mapping[str, Inputs] = {
    "push-by-new-principal": Inputs("new/hit", "medium", ("new/miss",), ("new/benign",)),
    "push-outside-hours": Inputs("hours/hit", "low", ("hours/miss",), ("hours/benign",)),
    "push-from-new-address": Inputs("address/hit", "low", ("address/miss",), ("address/benign",)),
    "push-with-new-client": Inputs("client/hit", "low", ("client/miss",), ("client/benign",)),
    "push-by-human-into-ci-repository": Inputs(
        "human/hit", "medium", ("human/miss",), ("human/benign",)
    ),
    "push-by-root": Inputs("root/hit", "high", ("root/miss",), ("root/benign",)),
    "tag-moved": Inputs("tag/hit", "high", ("tag/again",), ("tag/benign", "tag/latest")),
    "immutable-tag-attempt": Inputs("fixed/hit", "high", ("fixed/miss",), ("fixed/benign",)),
    "implant-shaped-push": Inputs(
        "implant/hit", "critical", ("implant/miss", "tag/hit", "new/hit"), ("implant/benign",)
    ),
    "layer-spread": Inputs("spread/hit", "high", ("spread/miss",), ("spread/benign",)),
    "pulled-then-pushed": Inputs("pulled/hit", "high", ("pulled/miss",), ("pulled/benign",)),
    "recon-then-push": Inputs("recon/hit", "high", ("recon/miss",), ("recon/benign",)),
    "push-without-login": Inputs(
        "login/hit", "medium", ("login/miss", "login/unknown"), ("login/benign",)
    ),
    "unexpected-properties": Inputs(
        "odd/hit", "critical", ("odd/miss", "new/hit"), ("odd/benign",)
    ),
    "repository-policy-opened": Inputs(
        "policy/hit", "high", ("policy/miss",), ("policy/benign", "policy/reading")
    ),
    "replication-or-cache-added": Inputs("rep", "high", ("rep-miss", "polly"), ("rep-benign",)),
    "guard-lowered": Inputs(
        "guard/tags", "medium", ("guard/foreign",), ("guard/fixed", "guard/on", "guard/keep")
    ),
    "images-deleted": Inputs(
        "delete/hit", "high", ("delete/miss",), ("delete/benign", "delete/job", "delete/none")
    ),
    "registry-recon": Inputs("list-hit", "medium", ("list-miss",), ("list-benign",)),
    "login-by-stranger": Inputs("token-hit", "low", ("token-miss",), ("token-benign",)),
    "login-from-new-address": Inputs(
        "token-away", "low", ("token-near", "token-hit"), ("token-roam",)
    ),
    "pulls-by-stranger": Inputs("app", "medium", ("bulk-miss",), ("service", "token-miss")),
    "unexpected-account-or-region": Inputs("reg-hit", "medium", ("reg-miss",), ("reg-benign",)),
    "scan-findings": Inputs("scan/hit", "medium", ("scan/miss",), ("scan/benign",)),
    "denied-burst": Inputs("deny-hit", "medium", ("deny-miss",), ("deny-benign",)),
    "credential-born-suspicious": Inputs(
        "key/key-hit", "high", ("key/key-miss",), ("key/key-benign", "new/hit")
    ),
    "push-without-mfa": Inputs(
        "mfa/mfa-hit", "medium", ("mfa/mfa-miss", "mfa/mfa-said"), ("mfa/mfa-benign",)
    ),
    "console-login-without-mfa": Inputs(
        "con/con-hit",
        "low",
        ("con/con-refused", "con/con-early", "con-idle"),
        ("con/con-benign", "con/federated"),
    ),
    "logging-tampered": Inputs("log-push", "critical", ("log-foreign",), ("log-start",)),
    "activity-after-push": Inputs("reach-hit", "high", ("reach-miss",), ("reach-benign",)),
    "push-to-public-gallery": Inputs("public/hit", "medium", ("public/miss",), ("public/benign",)),
    "push-then-deploy": Inputs("deploy/hit", "medium", ("deploy/miss",), ("deploy/benign",)),
    "deployed-image-replaced": Inputs("tag/hit", "high", ("tag/version",), ("tag/benign",)),
    "implant-runs": Inputs(
        "implant/hit", "high", ("implant/own", "deploy/hit"), ("implant/benign",)
    ),
    "task-reads-credentials": Inputs(
        "task-hit", "high", ("task-miss", "task-foreign"), ("task-benign",)
    ),
    "push-by-direct-call": Inputs("direct/hit", "low", ("direct/miss",), ("direct/benign",)),
}

CONFIGURED = {"push-by-unlisted-principal", "digest-not-known-good"}
"""They need lists, and have tests of their own below."""


@pytest.mark.parametrize("rule", CASES)
def test_the_rule_tells_its_case_from_its_neighbours(rule: str, found: Found) -> None:
    inputs, by = CASES[rule], about(found, rule)
    assert inputs.hit in by, sorted(by)
    assert by[inputs.hit][0].severity == inputs.severity, by[inputs.hit][0].why
    assert inputs.misses
    assert inputs.benign
    for other in (*inputs.misses, *inputs.benign):
        assert other not in by, by[other][0].why


def test_every_rule_has_a_case() -> None:
    tested = {*CASES, *CONFIGURED, *OTHER_CLOUDS}
    assert tested >= {rule.id for rule in built_in_rules()}


def test_every_finding_rests_on_events_and_says_why(found: Found) -> None:
    behind = {
        row[0] for row in found.case.ask("SELECT DISTINCT finding_id FROM finding_events").rows
    }
    for number, finding in enumerate(found.findings, 1):
        assert finding.event_keys
        assert number in behind
        assert not re.search(r"\{[a-z_]+\}", finding.why), finding.why
        assert finding.why.count("(not recorded)") <= 1, finding.why


def test_other_shades_of_what_rules_see(found: Found) -> None:
    """One rule, several severities: each for a reason."""
    tags = about(found, "tag-moved")
    assert tags["tag/version"][0].severity == "medium"
    assert "never moved before" in tags["tag/version"][0].why
    policies = about(found, "repository-policy-opened")
    assert policies["policy/account"][0].severity == "medium"
    assert "lets 999988887777 pull" in policies["policy/account"][0].why
    assert policies["policy/limited"][0].severity == "low"
    assert "aws:PrincipalOrgID" in policies["policy/limited"][0].why
    assert policies["policy/both"][0].severity == "low"
    for loose in ("policy/anywhere", "policy/all-but-org"):
        assert policies[loose][0].severity == "medium"
        assert "which does not say who alone may" in policies[loose][0].why
    assert policies["policy/wildcard"][0].severity == "high"
    assert "lets everybody push" in policies["policy/wildcard"][0].why
    assert "lets everybody pull and push" in policies["policy/all-but"][0].why
    assert "policy/not-these" not in policies
    copied = about(found, "replication-or-cache-added")
    assert copied["rep-both"][0].severity == "high", "one of two destinations is nobody of ours"
    assert copied["rep-own"][0].severity == "medium"
    guards = about(found, "guard-lowered")
    assert {"guard/scan", "guard/policy", "guard/expire"} <= set(guards)
    assert {"guard-none", "guard-manual", "guard-V1"} <= set(guards)
    assert guards["guard-unsigned"][0].severity == "medium"
    assert guards["guard-signed"][0].severity == "low"
    assert not {"guard-scans", "guard-V2", "guard/archive", "guard/untagged"} & set(guards)
    assert guards["guard/pattern"][0].severity == "medium"
    assert guards["guard/prefix"][0].severity == "low"
    assert "keeps one image or day at most of some tags" in guards["guard/prefix"][0].why
    assert guards["guard/some"][0].severity == "low"
    assert "made some of the tags mutable" in guards["guard/some"][0].why
    assert about(found, "implant-shaped-push")["implant/own"][0].severity == "medium"
    assert about(found, "logging-tampered")["log-only"][0].severity == "high"
    assert about(found, "images-deleted")["delete/tidy"][0].severity == "low"
    deleted = about(found, "images-deleted")
    assert deleted["delete/ran"][0].severity == "medium"
    assert (
        ", which service c/delete-ran-1.0.0 was told to run at 2026-03-09"
        in deleted["delete/ran"][0].why
    )
    assert deleted["delete/own"][0].severity == "high"
    assert "bulk-hit" in about(found, "pulls-by-stranger")


def test_a_push_whose_hours_before_are_not_covered_is_unknown_and_told(found: Found) -> None:
    [run] = [run for run in found.runs if run.rule.id == "push-without-login"]
    assert run.unknown == 1
    assert run.note.startswith("unknown for 1")


def test_scan_results_are_told_of_the_pusher_not_of_the_reader(found: Found) -> None:
    [finding] = about(found, "scan-findings")["scan/hit"]
    assert finding.principal == CI
    assert "2 critical and 1 high" in finding.why


# --- what the configuration changes ---------------------------------------------------------------


def test_lists_of_the_configuration(case: Case) -> None:
    rules = tuple(
        rule
        for rule in built_in_rules()
        if rule.id in {*CONFIGURED, "push-outside-hours", "push-from-new-address"}
        or rule.id == "pulls-by-stranger"
    )
    settings = Settings(
        rules=rules,
        principals=("arn:aws:iam::*:role/ci-*", user("nora")),
        digests=frozenset({sha(image("n", "1"))}),
        accounts=("444455556666",),
        networks=(ip_network("198.51.100.0/24"),),
        hours=(8 * 60, 18 * 60),
        days="12345",
    )
    found = find(case, settings)
    try:
        unlisted = about(found, "push-by-unlisted-principal")
        assert {"human/hit", "address/hit"} <= set(unlisted)
        assert not {"new/hit", "new/benign", "hours/hit"} & set(unlisted)
        unknown = about(found, "digest-not-known-good")
        assert "human/hit" in unknown
        assert sum(f.image_tag == "x" for f in unknown["new/hit"]) == 0
        hours = about(found, "push-outside-hours")
        assert "hours/late" in hours, "a person in the evening"
        assert "hours/hit" not in hours, "a job may run at night"
        assert "address/hit" not in about(found, "push-from-new-address")
        assert "app" not in about(found, "pulls-by-stranger")
    finally:
        found.close()


def test_thresholds_severities_and_rules_switched_off(case: Case) -> None:
    chosen = ("registry-recon", "denied-burst", "push-by-root")
    settings = Settings(
        rules=tuple(rule for rule in built_in_rules() if rule.id in chosen),
        off=frozenset({"denied-burst"}),
        thresholds={"registry-recon": {"least_calls": 7}},
        severities={"push-by-root": "critical"},
    )
    found = find(case, settings)
    try:
        assert "list-miss" in about(found, "registry-recon")
        assert {run.rule.id: run.status for run in found.runs}["denied-burst"] == "off"
        assert about(found, "push-by-root")["root/hit"][0].severity == "critical"
    finally:
        found.close()


def test_a_learning_window_longer_than_the_evidence_is_said(case: Case) -> None:
    rule = next(rule for rule in built_in_rules() if rule.id == "push-by-new-principal")
    found = find(case, Settings(rules=(rule,), learning_days=30))
    try:
        assert not found.findings
        [run] = found.runs
        assert run.status == "silent"
        assert "the evidence covers 13 d" in run.note
        assert "the learning window is 30 d" in run.note
        assert found.notes()
    finally:
        found.close()


def test_automation_is_taken_for_a_job(case: Case) -> None:
    rule = next(r for r in built_in_rules() if r.id == "push-by-human-into-ci-repository")
    found = find(case, Settings(rules=(rule,), automation=(user("hans"),)))
    try:
        assert not about(found, rule.id)["human/hit"]
    finally:
        found.close()


# --- evidence that cannot answer ------------------------------------------------------------------


def test_without_reads_rules_about_reads_do_not_know(tmp_path: Path) -> None:
    writes = [record for record in whole_scene() if not record["readOnly"]]
    folder = write(tmp_path, {"trail.json": trail(writes)})
    with case_in_memory(folder) as case:
        found = find(case, Settings(rules=built_in_rules()))
        status = {run.rule.id: run.status for run in found.runs}
        assert status["push-without-login"] == "unknown"
        assert status["registry-recon"] == "unknown"
        assert status["tag-moved"] == "ran"
        assert any("was only writing logged" in note for note in found.notes())
        found.close()


def test_evidence_without_a_registry_is_asked_only_what_it_can_answer(tmp_path: Path) -> None:
    others = [r for r in whole_scene() if r["eventSource"] == "cloudtrail.amazonaws.com"]
    folder = write(tmp_path, {"trail.json": trail(others)})
    with case_in_memory(folder) as case:
        found = find(case, Settings(rules=built_in_rules()))
        asked = {run.rule.id for run in found.runs if run.status == "ran"}
        assert "logging-tampered" in asked
        assert "tag-moved" not in asked
        assert {f.rule.id for f in found.findings} == {"logging-tampered"}
        found.close()


# --- one's own rules ------------------------------------------------------------------------------

OWN = """\
-- push-by-hans: hans pushed
-- sees: a push by somebody called hans.
-- severity: info
-- technique: T1525
-- needs: pushes
-- benign when: he may
-- why: {origin} pushed {image_tag} to {repository}
SELECT event_key, event_time, repository, principal, origin, image_tags AS image_tag
FROM pushed WHERE origin LIKE '%/hans'
"""


def test_a_rule_of_ones_own_is_a_file_and_nothing_more(case: Case, tmp_path: Path) -> None:
    from queries.findings.rules import load_rules

    write(tmp_path, {"push-by-hans.sql": OWN.encode()})
    rules = tuple(rule for rule in load_rules([tmp_path]) if rule.source)
    found = find(case, Settings(rules=rules))
    try:
        [first, second] = found.findings
        assert {first.repository, second.repository} == {
            f"{ACCOUNT}/us-east-1/human/hit",
            f"{ACCOUNT}/us-east-1/human/miss",
        }
        assert first.severity == "info"
        assert "hans pushed ‘x’ to" in first.why
    finally:
        found.close()


def test_the_programs_own_rules_pass_the_check_of_users_rules() -> None:
    for rule in built_in_rules():
        entry = files("queries") / "sql" / "findings" / f"{rule.id}.sql"
        assert parse_rule(rule.id, entry.read_text(encoding="utf-8"), "") == rule
    check_against_tables(built_in_rules())


def test_a_rule_that_fails_says_so_and_stops_no_other(case: Case) -> None:
    root = next(rule for rule in built_in_rules() if rule.id == "push-by-root")
    sql = root.sql.replace("p.nature = 'root'", "CAST(p.via AS INTEGER) = 1")
    broken = replace(root, id="broken", sql=sql)
    check_against_tables([broken])
    found = find(case, Settings(rules=(broken, root)))
    try:
        assert [run.status for run in found.runs] == ["failed", "ran"]
        assert found.notes()[0].startswith("broken: failed, could not be run: ")
        assert len(found.findings) == 1
    finally:
        found.close()


def test_what_cannot_be_made_ready_stops_only_the_rules_that_need_it(tmp_path: Path) -> None:
    pushed = push(image("a"), "v1", at(0), f"arn:aws:iam::{ACCOUNT}:root")
    pushed["userIdentity"]["type"] = "Root"
    with case_of(tmp_path, pushed) as case:
        case.connection.execute("ALTER TABLE push_layers RENAME TO gone")
        found = find(case, Settings(rules=built_in_rules()))
        failed = {run.rule.id: run.note for run in found.runs if run.status == "failed"}
        assert len(failed) < 10
        said = failed["implant-shaped-push"]
        assert "it needs what is in extensions, which failed: Catalog Error" in said
        assert "push-by-root" in {each.rule.id for each in found.findings}
        found.close()


def test_the_pasted_script_gives_the_same_answer(case: Case, tmp_path: Path) -> None:
    """What the SQL key shows runs in a fresh connection on the case file."""
    import duckdb

    from queries.findings.run import rules_script

    settings = Settings(rules=built_in_rules(), networks=(ip_network(f"{HOME}/32"),))
    rule = next(rule for rule in built_in_rules() if rule.id == "implant-shaped-push")
    file = tmp_path / "case.duckdb"
    case.connection.execute(f"ATTACH '{file}' AS copy")
    case.connection.execute("COPY FROM DATABASE memory TO copy")
    case.connection.execute("DETACH copy")
    with duckdb.connect(str(file), read_only=True) as shell:
        pasted = shell.execute(rules_script(case, settings, [rule])).fetchall()
    found = find(case, Settings(rules=(rule,)))
    assert len(pasted) == len(found.findings) > 1
    found.close()
    shutil.rmtree(tmp_path)
