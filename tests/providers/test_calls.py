"""What calls mean is said by the providers: rules and filters ask for it in every cloud alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from queries.case import Case
from queries.findings.rules import RuleError, built_in_rules, parse_rule
from queries.findings.run import find
from queries.findings.settings import Settings
from queries.providers import PROVIDERS, vocabulary
from queries.providers.words import with_words
from queries.question import ask_for
from tests.evidence_files import case_in_memory, write
from tests.providers.audit_events import audit, person
from tests.providers.azure_records import EVE, GROUP, activity, digest, lines, row, stored

QUERIES = Path(__file__).resolve().parents[2] / "queries"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Somebody pushes, and then does in Azure and in a cluster what such people do."""
    calls = {
        "Insights/diagnosticSettings/delete": "Insights/diagnosticSettings/acr",
        "Authorization/roleAssignments/write": "Authorization/roleAssignments/1",
        "Storage/storageAccounts/listKeys/action": "Storage/storageAccounts/s",
        "Compute/virtualMachines/runCommand/action": "Compute/virtualMachines/v",
    }
    records = [
        activity(
            f"Microsoft.{operation}",
            f"2026-03-02T10:{20 + n}:00Z",
            f"{GROUP}/providers/Microsoft.{resource}",
        )
        for n, (operation, resource) in enumerate(calls.items())
    ]
    pushed = stored(row("Push", "2026-03-02T10:10:00Z", tag="v1", content=digest("a"), who=EVE))
    cluster = [
        audit(verb, kind, f"2026-03-02T10:{30 + n}:00Z", "x", user=person(EVE))
        for n, (verb, kind) in enumerate(
            (("create", "clusterrolebindings"), ("get", "secrets"), ("list", "pods"))
        )
    ]
    folder = write(
        tmp_path_factory.mktemp("calls"),
        {"PT1H.json": lines(*records, pushed), "audit.json": lines(*cluster)},
    )
    with case_in_memory(folder) as opened:
        yield opened


def asked(case: Case, act: str) -> set[str]:
    question = ask_for("activity", scope="all", act=act)
    return {row["event_name"] for row in case.ask(question.sql, question.bound).dicts()}


@pytest.mark.parametrize(
    ("act", "names"),
    [
        ("identity-change", {"roleassignments/write", "create clusterrolebindings"}),
        ("secret-read", {"storageaccounts/listkeys/action", "get secrets"}),
        ("logging-change", {"diagnosticsettings/delete"}),
    ],
)
def test_filters_ask_for_it_in_every_cloud(case: Case, act: str, names: set[str]) -> None:
    assert asked(case, act) == names


def test_findings_carry_over(case: Case) -> None:
    chosen = tuple(
        rule for rule in built_in_rules() if rule.id in ("logging-tampered", "activity-after-push")
    )
    found = find(case, Settings(rules=chosen))
    try:
        said = {(each.rule.id, each.why) for each in found.findings}
    finally:
        found.close()
    assert any(rule == "logging-tampered" for rule, _ in said)
    whys = " ".join(why for rule, why in said if rule == "activity-after-push")
    for name in ("roleassignments/write", "create clusterrolebindings", "runcommand/action"):
        assert name in whys


def test_every_word_is_asked_for_and_every_one_that_is_asked_for_is_known() -> None:
    said = {word for provider in PROVIDERS for word in provider.calls}
    asked_for: set[str] = set()
    for path in QUERIES.rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        with_words(text)  # raises for a word that nobody knows
        asked_for |= set(re.findall(r"-- calls: ([a-z_]+) of", text))
        for listed in re.findall(r"-- table of calls: ([a-z_, ]+)", text):
            asked_for |= set(listed.split(", "))
    asked_for.add(vocabulary.EVIDENCE_STOPPED)  # by the overview of the evidence
    assert said == asked_for
    assert vocabulary.SECRET_READ in said


def test_a_rule_of_ones_own_can_ask_for_a_word() -> None:
    rule = built_in_rules()[0]
    header = (
        "-- own: a title\n-- sees: x\n-- severity: low\n-- technique: T1525\n-- needs: pushes\n"
        f"-- benign when: {rule.benign_when}\n-- why: it\n"
    )
    select = (
        "SELECT e.event_key, e.event_time, e.repository, e.principal, e.principal AS origin\n"
        "FROM events AS e WHERE\n  -- calls: {word} of e\n"
    )
    made = parse_rule("own", header + select.format(word="secret_read"), "own.sql")
    assert "storageaccounts/listkeys/action" in made.sql
    with pytest.raises(RuleError, match=r"own\.sql: no provider has calls that mean nonsense"):
        parse_rule("own", header + select.format(word="nonsense"), "own.sql")
