"""Findings over whole evidence: the sample incident, everyday traffic, and field cases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from queries.case import Case, open_case
from queries.findings.found import Found
from queries.findings.model import Finding
from queries.findings.rules import built_in_rules
from queries.findings.run import find
from queries.findings.settings import Settings
from queries.findings.stories import (
    headline,
    repeated,
    rules_by_severity,
    span_in_words,
    tell,
    why_here,
)
from queries.findings.wording import why
from queries.question import ask_for
from samples import incident_path
from tests.evidence_files import case_in_memory, case_of, image, push, record, shared, write
from tests.findings.normal_month import month

SETTINGS = Settings(rules=built_in_rules())
SAM = "arn:aws:iam::444455556666:user/sam.sre"
API = "111122223333/us-east-1/team/api"
IMPLANT = "sha256:22286464f09726ab75d8a17853f3d076d1529a8c16b4c28b41f00d98772fd187"


@pytest.fixture(scope="module")
def incident() -> Iterator[tuple[Case, Found]]:
    with open_case([str(incident_path())], use_cache=False) as case:
        found = find(case, SETTINGS)
        yield case, found
        found.close()


def test_the_implant_is_the_first_story_told_from_the_first_call_to_the_last(
    incident: tuple[Case, Found],
) -> None:
    found = incident[1]
    first, *others = found.stories
    assert first.subject == SAM
    assert first.severity == "critical"
    assert first.first == datetime(2026, 3, 8, 23, 0, 21)
    assert first.last == datetime(2026, 3, 9, 1, 24, 39)
    assert headline(first).startswith("sam.sre: 2")
    assert headline(first).endswith("in 2 h 24 min")
    at_once = replace(first, findings=[first.findings[0]] * 2)
    assert headline(at_once) == "sam.sre: 2 findings at once"
    told = [finding.rule.id for finding in first.findings]
    assert told[0] == "registry-recon"
    assert told[-1] == "logging-tampered"
    assert told.index("recon-then-push") < told.index("images-deleted")
    implant = next(f for f in first.findings if f.rule.id == "implant-shaped-push")
    assert implant.image_digest == IMPLANT
    assert implant.repository == API
    assert "all 8 layers of sha256:69bb94…" in implant.why
    assert "and 1 more on top" in implant.why
    # Nobody else's story comes near: what CI and colleagues do is hit by few rules, and none grave.
    assert rules_by_severity(first.findings)["critical"] >= 2
    assert all(sum(rules_by_severity(other.findings).values()) <= 3 for other in others)
    assert {o.severity for o in others} <= {"low", "medium"}


def test_findings_lead_back_to_the_records(incident: tuple[Case, Found]) -> None:
    case, found = incident
    moved = next(f for f in found.findings if f.rule.id == "pulled-then-pushed")
    names = case.ask(
        "SELECT event_name FROM events WHERE event_key IN (SELECT unnest($keys::BIGINT[]))"
        " ORDER BY event_time",
        {"keys": moved.event_keys},
    ).rows
    assert names == [("BatchGetImage",), ("PutImage",)]


def test_a_month_of_everyday_traffic_gives_little_and_nothing_grave(tmp_path: Path) -> None:
    write(tmp_path, {"month.json.gz": month()})
    with case_in_memory(tmp_path) as case:
        assert case.totals["events"] > 8000
        assert case.totals["pushes"] > 150
        found = find(case, SETTINGS)
        assert not {"critical", "high", "medium"} & set(found.counts()), found.counts()
        assert len(found.findings) * 100_000 / case.totals["events"] < 120
        found.close()


def test_real_attacks_without_a_registry(tmp_path: Path) -> None:
    with case_in_memory(shared("data", "stratus-red-team")) as case:
        found = find(case, SETTINGS)
        assert {f.rule.id for f in found.findings} == {"logging-tampered"}
        assert [f.severity for f in found.findings].count("high") == 3
        found.close()


def test_the_login_that_is_missing_and_the_one_that_is_hours_ago() -> None:
    with case_in_memory(shared("cases", "push_without_login.json")) as case:
        found = find(case, SETTINGS)
        [run] = [run for run in found.runs if run.rule.id == "push-without-login"]
        # The other push came 9 h after its login. The data begin too late to say more.
        assert run.findings + run.unknown == 1
        found.close()


# --- how stories are put together -----------------------------------------------------------------


def finding(rule: str, hours: float, who: str = "ann", severity: str = "medium") -> Finding:
    chosen = replace(built_in_rules()[0], id=rule)
    when = datetime(2026, 3, 2) + timedelta(hours=hours)
    return Finding(chosen, severity, when, "repo", who, who, None, None, None, "why", [1], {"a": 1})


def test_a_long_pause_ends_a_story_and_another_origin_has_its_own() -> None:
    found = [finding("a", 0), finding("b", 5), finding("c", 30), finding("d", 1, "bob")]
    stories = tell(found, timedelta(hours=12))
    assert [[f.rule.id for f in story.findings] for story in stories] == [["a", "b"], ["d"], ["c"]]
    assert [f.story for f in found] == [1, 1, 3, 2]


def test_different_rules_weigh_more_than_one_that_hits_again_and_again() -> None:
    noise = [finding("a", n / 10, "ci") for n in range(50)]
    chain = [finding(rule, 1, "eve") for rule in "abc"]
    assert [story.subject for story in tell([*noise, *chain], timedelta(hours=12))] == ["eve", "ci"]


def test_stories_stand_in_the_order_of_what_is_seen_of_them() -> None:
    many = [finding(rule, 1, "many", "high") for rule in "abcdefgh"]
    grave = [finding("i", 2, "grave", "critical")]
    graver = [finding("i", 3, "graver", "critical"), finding("j", 3, "graver", "low")]
    again = [finding("i", 4 + n / 10, "again", "critical") for n in range(9)]
    stories = tell([*many, *grave, *graver, *again], timedelta(hours=12))
    assert [(s.subject, why_here(s)) for s in stories] == [
        ("graver", "1 critical and 1 low rule"),
        ("grave", "1 critical rule"),
        ("again", "1 critical rule"),
        ("many", "8 high rules"),
    ]


def test_what_is_done_again_within_a_minute_is_told_once_and_nothing_is_lost() -> None:
    second = 1 / 3600
    found = [
        finding("a", 0), finding("b", 10 * second), finding("a", 30 * second),
        finding("a", 60 * second, severity="high"), finding("a", 61 * second),
        replace(finding("a", 20 * second), principal="other"),
    ]  # fmt: skip
    [story] = tell(found, timedelta(hours=12))
    groups = repeated(story.findings)
    assert [len(group) for group in groups] == [3, 1, 1, 1]
    assert [group[0].rule.id for group in groups] == ["a", "b", "a", "a"]
    assert {id(f) for group in groups for f in group} == {id(f) for f in found}


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.5, "30 s"), (7, "7 min"), (145, "2 h 25 min"), (120, "2 h"), (3000, "2 d 2 h")],
)
def test_spans_in_words(minutes: float, words: str) -> None:
    assert span_in_words(timedelta(minutes=minutes)) == words


# --- sentences ------------------------------------------------------------------------------------

HOSTILE = "x[/red]\x1b]52;c;aGk=\x07\u202e{origin}" + "y" * 500


def test_values_from_the_log_cannot_break_out_of_the_sentence() -> None:
    said = why("{origin} pushed {image_tag}", {"origin": HOSTILE, "image_tag": HOSTILE})
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "\u202e" not in said
    assert "\\x1b" in said
    assert "{origin}" in said, "braces in a value are no placeholder"
    assert len(said) < 200


def test_a_hostile_tag_stays_exact_in_the_data(tmp_path: Path) -> None:
    tag = "1.0.0\x1b[2J"
    root = {"type": "Root", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"}
    who = "arn:aws:iam::111122223333:root"
    made = push(image("a"), tag, "2026-03-02T10:00:00Z", who, userIdentity=root)
    with case_of(tmp_path, made, record("ListImages", "2026-03-02T09:00:00Z")) as case:
        found = find(case, SETTINGS)
        question = ask_for("found/listing", rule="push-by-root")
        [row] = found.case.ask(question.sql, question.bound).dicts()
        assert row["image_tag"] == tag
        assert "\x1b" not in row["why"]
        assert json.dumps(row["why"])
        found.close()
