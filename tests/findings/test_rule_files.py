"""Rule files: what a header must say, and what is complained about when it does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from queries.findings.relations import ORDER, relation_header
from queries.findings.rules import (
    NEEDS,
    RuleError,
    built_in_rules,
    check_against_tables,
    load_rules,
    parse_rule,
)
from tests.evidence_files import write
from tests.findings.test_rules import OWN

RULES = {rule.id: rule for rule in built_in_rules()}


def test_the_rules_fit_the_tables() -> None:
    check_against_tables(RULES.values())


@pytest.mark.parametrize("rule", RULES)
def test_event_names_never_stand_without_their_source(rule: str) -> None:
    """Names are not unique among services (`CreateService`, `UpdateProject`): a rule that names one
    names its source too, unless it reads only pushes or a relation that did so already."""
    sql = RULES[rule].sql
    if "event_name" not in re.sub(r"SELECT.*?FROM", "", sql, flags=re.DOTALL):
        return
    if not re.search(r"event_name (=|IN|<>|LIKE)", sql):
        return
    told = "event_source" in sql or "registry_action" in sql
    assert told or not re.search(r"\b(registry|events)\b", sql)


def test_relations_say_what_they_hold() -> None:
    for name in ORDER:
        assert relation_header(name).startswith(f"{name}: ")
        assert "columns:" in relation_header(name)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("severity: info", "severity: hgh"), "own.sql, line 3: severity is one of critical, high"),
        (
            ("technique: T1525", "technique: 1525"),
            "line 4: technique is an ATT&CK id such as T1525",
        ),
        (("needs: pushes", "needs: puhses"), "line 5: 'puhses' is unknown; needs are pushes"),
        (("-- why: {origin} pushed {image_tag} to {repository}\n", ""), "does not say 'why: …'"),
        (("push-by-hans: hans", "hans"), "line 1: the first line is '-- own: ' and the title"),
        (("FROM pushed", "FROM pushd"), "Table with name pushd does not exist"),
        (("principal, ", ""), "answers without the column principal"),
        (("{image_tag}", "{tag}"), "why names {tag}, which is no column of it"),
        (("'%/hans'", "$name"), "nothing gives $name; declare it in the header"),
        (("-- why", "-- most = 3: never used\n-- why"), "most is declared and never used"),
        (("SELECT", "DROP TABLE events; SELECT"), "a rule is one SELECT and nothing else"),
        (("SELECT", "COPY (SELECT"), "own.sql: "),
        (("SELECT event_key", "SELEC event_key"), "own.sql: "),
        (
            ("-- sees: a push by somebody called hans.", "-- sees: a\n-- sees: b"),
            "'sees' is said twice",
        ),
        (("FROM pushed", "FROM read_text('/etc/hostname') AS p, pushed"), "own.sql: "),
    ],
)
def test_a_wrong_rule_is_refused_in_one_sentence(
    change: tuple[str, str], complaint: str, tmp_path: Path
) -> None:
    text = OWN.replace(*change, 1).replace("push-by-hans", "own", 1)
    write(tmp_path, {"own.sql": text.encode()})
    with pytest.raises(RuleError) as refused:
        load_rules([tmp_path])
    said = str(refused.value)
    assert complaint in said
    assert "own.sql" in said
    assert "\n" not in said


def test_names_and_folders_of_rules(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="named in small letters"):
        parse_rule("My Rule", OWN, "My Rule.sql")
    with pytest.raises(RuleError, match="holds no rule"):
        load_rules([tmp_path])
    with pytest.raises(RuleError, match="no such file"):
        load_rules([tmp_path / "nowhere"])
    same = OWN.replace("push-by-hans", "tag-moved")
    write(tmp_path, {"tag-moved.sql": same.encode()})
    with pytest.raises(RuleError, match="tag-moved is also a rule of the program's own rules"):
        load_rules([tmp_path])


def test_needs_are_known_and_used() -> None:
    used = {need for rule in RULES.values() for need in rule.needs}
    assert used <= set(NEEDS)
