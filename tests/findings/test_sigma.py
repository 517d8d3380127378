"""Rules in Sigma's format that the user brings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from queries.case import Case
from queries.errors import WrongUsage
from queries.findings.found import Found
from queries.findings.run import find, rules_script
from queries.findings.settings import Settings, load_settings
from queries.findings.sigma.loader import load_sigma
from tests.evidence_files import case_in_memory, trail, write
from tests.findings.sigma_rules import FOUND, RULES, events, rule


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = write(tmp_path_factory.mktemp("sigma"), {"trail.json": trail(events())})
    with case_in_memory(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    rules, refused = load_sigma([write(tmp_path_factory.mktemp("rules"), RULES)])
    assert not refused
    return Settings(rules=rules)


@pytest.fixture(scope="module")
def found(case: Case, settings: Settings) -> Iterator[Found]:
    answer = find(case, settings)
    yield answer
    answer.close()


def minutes(found: Found, rule_id: str) -> list[int]:
    """When the findings of a rule begin, in minutes after ten."""
    times = [f.event_time for f in found.findings if f.rule.id == rule_id and f.event_time]
    return sorted((time.hour - 10) * 60 + time.minute for time in times)


@pytest.mark.parametrize("rule_id", FOUND)
def test_a_rule_finds_its_events_and_no_others(found: Found, rule_id: str) -> None:
    assert minutes(found, rule_id) == FOUND[rule_id]


def test_every_rule_ran_and_a_part_of_a_correlation_is_no_rule_of_its_own(found: Found) -> None:
    assert {run.rule.id: run.status for run in found.runs} == dict.fromkeys(FOUND, "ran")


def test_what_the_rule_says_is_what_is_shown(found: Found) -> None:
    [finding] = [f for f in found.findings if f.rule.id == "sigma-policy"]
    assert finding.severity == "high"
    assert finding.rule.technique == "T1098, T1098.003"
    assert finding.rule.benign_when == "Somebody new in the team"
    assert (
        finding.why
        == "dana.ops called AttachUserPolicy of iam.amazonaws.com on eve from 203.0.113.10"
    )
    [pushed] = [f for f in found.findings if f.rule.id == "sigma-push"]
    assert pushed.push_key is not None
    assert str(pushed.repository).endswith("/team/api")


def test_a_correlation_rests_on_the_events_it_counted(found: Found) -> None:
    [finding] = [f for f in found.findings if f.rule.id == "sigma-burst-2"]
    assert finding.severity == "high"
    assert len(finding.event_keys) == 3
    assert finding.why.startswith("3 values of eventID within 10m; the first: sam called")


def test_the_statement_that_is_shown_gives_the_same_answer(case: Case, settings: Settings) -> None:
    [rule] = [rule for rule in settings.rules if rule.id == "sigma-network"]
    cursor = case.connection.cursor()
    answer = cursor.execute(rules_script(case, settings, [rule]))
    assert len(answer.fetchall()) == 2


# --- hostile and broken rules ---------------------------------------------------------------------

HOSTILE = "x' OR 1=1 -- $value_a \\' \"; DROP TABLE events; --"


def test_hostile_values_stay_values(case: Case, tmp_path: Path) -> None:
    detection = f"""
selection:
  eventName:
    - {json.dumps(HOSTILE)}
    - |-
      {HOSTILE}
  requestParameters.name|contains|all: ["' OR ''='", '$x', '%']
  userAgent|re: "';--"
condition: not selection
"""
    write(tmp_path, {"one.yml": rule("Hostile'; --", detection)})
    rules, refused = load_sigma([tmp_path])
    assert not refused
    [hostile] = rules
    assert "OR 1=1" not in hostile.sql
    settings = Settings(rules=rules)
    answer = find(case, settings)
    try:
        assert len(answer.findings) == len(events())
        cursor = case.connection.cursor()
        shown = cursor.execute(rules_script(case, settings, rules)).fetchall()
        assert len(shown) == len(events())
    finally:
        answer.close()


@pytest.mark.parametrize(
    "field",
    ["event' OR 1=1 --", 'requestParameters.a" OR "b', "requestParameters.$value_a", "a..b"],
)
def test_a_hostile_field_name_is_refused(tmp_path: Path, field: str) -> None:
    detection = f"selection:\n  {field!r}: x\ncondition: selection"
    write(tmp_path, {"one.yml": rule("t", detection)})
    rules, [refused] = load_sigma([tmp_path])
    assert not rules
    assert "is no name of a record's member" in refused.why


BROKEN: dict[str, tuple[bytes, str]] = {
    "no YAML": (b"title: [\nlevel: high\n", "one.yml, line 3: is no YAML"),
    "no rule": (b"- a\n- b\n", "one.yml, line 1: is no rule"),
    "no detection": (
        b"title: t\nlogsource: {product: aws, service: cloudtrail}\n",
        "line 1: Sigma rule must have a detection",
    ),
    "level": (rule("t", "a: {x: y}\ncondition: a", level="bad"), "line 3: "),
    "condition": (rule("t", "a: {x: y}\ncondition: a and or"), "line 6: "),
    "unknown selection": (rule("t", "a: {x: y}\ncondition: b"), "line 6: "),
    "modifier": (rule("t", "a:\n  x|sounds: y\ncondition: a"), "line 6: Unknown modifier"),
    "placeholder": (
        rule("t", "a:\n  x|expand: '%admins%'\ncondition: a"),
        "the placeholder %admins% stands for nothing here",
    ),
    "expression": (rule("t", "a:\n  x|re: '(?<=a)b'\ncondition: a"), "invalid perl operator"),
    "network": (rule("t", "a:\n  x|cidr: 10.0.0.0/99\ncondition: a"), "line 4: Invalid CIDR"),
    "a median": (
        RULES["burst.yml"].replace(b"value_count", b"value_median"),
        "a correlation of type value_median cannot be asked here",
    ),
    "fewer than": (RULES["burst.yml"].replace(b"gte", b"lt"), "'lt' counts cannot be asked here"),
    "reference": (
        RULES["burst.yml"].replace(b"rules: [secret_read]", b"rules: [nowhere]"),
        "one.yml, line 10: Rule 'nowhere' not found",
    ),
    "windows": (
        b"title: t\nlogsource: {product: windows, category: process_creation}\n"
        b"detection: {a: {b: c}, condition: a}\n",
        "is about windows/process_creation, not about product aws, service cloudtrail",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_rule_that_cannot_be_asked_is_told_with_its_line_and_the_rest_runs(
    tmp_path: Path, kind: str
) -> None:
    text, complaint = BROKEN[kind]
    write(tmp_path, {"one.yml": text, "two.yml": RULES["policy.yml"]})
    rules, [refused] = load_sigma([tmp_path])
    assert "sigma-two" in {rule.id for rule in rules}
    assert complaint in refused.why
    assert "one.yml" in refused.why
    assert "\n" not in refused.why
    assert refused.foreign == (kind == "windows")


def test_refused_rules_are_told_among_the_others(case: Case, tmp_path: Path) -> None:
    files = {"one.yml": BROKEN["condition"][0], "two.yml": BROKEN["windows"][0],
             "three.yml": RULES["policy.yml"]}  # fmt: skip
    config = f'sigma = ["{tmp_path}/rules"]\noff = ["sigma-three"]\n'
    write(tmp_path / "rules", files)
    write(tmp_path, {"c.toml": config.encode()})
    settings = load_settings(tmp_path / "c.toml")
    answer = find(case, Settings(rules=settings.rules[-1:], refused=settings.refused))
    try:
        status = {run.rule.id: run.status for run in answer.runs}
        assert status == {"sigma-one": "failed", "sigma-two": "not asked", "sigma-three": "ran"}
        assert any(note.startswith("sigma-one: failed, ") for note in answer.notes())
        assert "sigma-three" in settings.off
    finally:
        answer.close()


def test_folders_without_rules(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="holds no Sigma rule"):
        load_sigma([tmp_path])
    with pytest.raises(WrongUsage, match="no such folder"):
        load_sigma([tmp_path / "nowhere"])


def test_records_that_are_gone_leave_the_answer_unknown(tmp_path: Path) -> None:
    folder = write(tmp_path / "logs", {"trail.json": trail(events())})
    rules, _ = load_sigma([write(tmp_path / "rules", {"tls.yml": RULES["tls.yml"]})])
    with case_in_memory(folder) as case:
        (folder / "trail.json").unlink()
        answer = find(case, Settings(rules=rules))
        [run] = answer.runs
        answer.close()
    assert run.status == "unknown"
    assert run.unknown == 2
    assert "only their records tell" in run.note
