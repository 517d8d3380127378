"""`findings`, `rules` and `config` as people and scripts run them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest

from queries.case import open_case
from samples import incident_path
from tests.evidence_files import at, image, push, trail, write
from tests.findings.sigma_rules import rule as sigma_rule
from tests.findings.test_rules import OWN
from tests.headless.test_commands import DONE, USAGE, call, complaint, output, run

IMPLANT = "sha256:22286464f09726ab75d8a17853f3d076d1529a8c16b4c28b41f00d98772fd187"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("demo") / "demo.case"
    open_case([str(incident_path())], case_file=file).close()
    return file


def test_the_incident_is_solved_by_one_command(demo: Path) -> None:
    answer = json.loads(output("findings", "--case", demo, "--format", "json"))
    assert set(answer) == {"counts", "stories", "findings", "rules", "notes"}
    story = answer["stories"][0]
    assert story["subject"] == "arn:aws:iam::444455556666:user/sam.sre"
    implant = next(f for f in answer["findings"] if f["rule"] == "implant-shaped-push")
    assert implant["story"] == story["story"] == 1
    assert implant["severity"] == "critical"
    assert implant["image_digest"] == IMPLANT
    # The events it rests on open as raw records.
    raw = output("event", "--case", demo, "--event-id", implant["event_ids"].split()[-1])
    assert json.loads(raw)["eventName"] == "PutImage"
    assert sum(answer["counts"].values()) == len(answer["findings"])


def test_the_table_tells_stories_in_the_order_of_time(demo: Path) -> None:
    text = run("findings", "--case", demo).stdout.decode()
    lines = text.splitlines()
    assert lines[0].startswith("1. sam.sre: 2")
    story = lines[1 : lines.index("")]
    times = [line.split()[1:3] for line in story if not line.startswith(" " * 13)]
    assert times == sorted(times)
    assert "critical  2026-03-08 23:54:57Z  a known image with more layers on top" in text
    assert lines[-1].endswith("rules could be asked")


def test_rows_are_the_same_in_every_format(demo: Path, tmp_path: Path) -> None:
    options = ("findings", "--case", demo, "--severity", "high", "--format")
    rows = json.loads(output(*options, "json"))["findings"]
    assert {row["severity"] for row in rows} == {"critical", "high"}
    assert [json.loads(line) for line in output(*options, "jsonl").splitlines()] == rows
    cells = list(csv.DictReader(io.StringIO(output(*options, "csv"), newline="")))
    assert [cell["why"] for cell in cells] == [row["why"] for row in rows]
    file = tmp_path / "found.parquet"
    assert call(*options, "parquet", "-o", file).returncode == DONE
    with duckdb.connect() as other:
        [(count,)] = other.execute(f"SELECT count(*) FROM '{file}'").fetchall()
    assert count == len(rows)


def test_filters_narrow_findings_as_they_do_elsewhere(demo: Path) -> None:
    def rules(*options: str) -> set[str]:
        text = output("findings", "--case", demo, "--format", "jsonl", *options)
        return {json.loads(line)["rule"] for line in text.splitlines()}

    assert rules("--rule", "tag-moved") == {"tag-moved"}
    assert rules("--since", "2026-03-09T01:24:00Z", "--until", "2026-03-09T02:00:00Z") == {
        "logging-tampered"
    }
    assert "images-deleted" in rules("--repository", "tools/migrate")
    assert "implant-shaped-push" in rules(
        "--principal", "arn:aws:iam::444455556666:user/sam.sre", "--account", "111122223333"
    )
    text = output("findings", "--case", demo, "--format", "jsonl", "--limit", "2")
    assert len(text.splitlines()) == 2


def test_the_sql_runs_in_the_shell(demo: Path) -> None:
    script = output("findings", "--case", demo, "--sql", "--rule", "implant-shaped-push")
    with duckdb.connect(str(demo), read_only=True) as shell:
        assert len(shell.execute(script).fetchall()) == 1


def test_configuration_and_rules_of_ones_own(demo: Path, tmp_path: Path) -> None:
    own = OWN.replace("push-by-hans", "push-by-lee").replace("/hans'", "/lee.dev'")
    write(
        tmp_path,
        {
            "rules/push-by-lee.sql": own.encode(),
            "c.toml": b'off = ["tag-moved"]\n[severity]\npush-by-lee = "critical"\n',
        },
    )
    options = ("--config", tmp_path / "c.toml", "--rules", tmp_path / "rules")
    answer = json.loads(output("findings", "--case", demo, "--format", "json", *options))
    found = {f["rule"]: f["severity"] for f in answer["findings"]}
    assert found["push-by-lee"] == "critical"
    assert "tag-moved" not in found
    status = {rule["rule"]: rule["status"] for rule in answer["rules"]}
    assert status["tag-moved"] == "off"
    listed = json.loads(output("rules", "--format", "json", *options))
    mine = next(rule for rule in listed if rule["rule"] == "push-by-lee")
    assert mine["source"].endswith("push-by-lee.sql")
    assert next(rule for rule in listed if rule["rule"] == "tag-moved")["on"] is False


def test_mistakes_are_one_sentence_and_exit_code_2(demo: Path, tmp_path: Path) -> None:
    write(tmp_path, {"c.toml": b"learnig_days = 3\n"})
    said = complaint(call("findings", "--case", demo, "--config", tmp_path / "c.toml"))
    assert "c.toml, line 1: there is no key 'learnig_days'; did you mean 'learning_days'?" in said
    done = call("findings", "--case", demo, "--rule", "tag-movd")
    assert done.returncode == USAGE
    assert "did you mean tag-moved?" in complaint(done)
    assert call("rules", "--rules", tmp_path).returncode == USAGE


def test_the_written_configuration_is_right(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    assert run("config", "--output", file).returncode == DONE
    count = len(json.loads(output("rules", "--format", "json")))
    assert f"right; {count} of {count} rules are asked" in output("config", "--check", file)
    assert complaint(call("config", "--output", file)).endswith(
        "exists already; name another file\n"
    )


def test_evidence_without_findings_says_what_was_asked(tmp_path: Path) -> None:
    logs = write(tmp_path, {"t.json": trail([push(image("a"), "v1", at(0))])})
    done = call("findings", logs, "--no-cache")
    assert done.returncode == DONE
    assert done.stdout.decode().startswith("0 findings; ")
    assert "unknown" in done.stderr.decode()


def test_rules_in_every_format() -> None:
    rows = json.loads(output("rules", "--format", "json"))
    assert len(rows) > 30
    assert [json.loads(line)["rule"] for line in output("rules", "--format", "jsonl").splitlines()]
    table = output("rules")
    assert all(row["rule"] in table for row in rows)
    assert "FROM pushed" in output("rules", "--rule", "push-by-root", "--sql")


def test_sigma_rules_are_asked_beside_the_others(demo: Path, tmp_path: Path) -> None:
    detection = """
selection: {eventSource: ecr.amazonaws.com, eventName: PutImage}
sam: {userIdentity.arn|contains: SAM.SRE}
condition: selection and sam
"""
    write(tmp_path / "sigma", {"ours.yml": sigma_rule("A push by Sam", detection, "high"),
                               "broken.yml": b"title: t\nlogsource: 3\n"})  # fmt: skip
    options = ("--sigma", tmp_path / "sigma")
    done = call("findings", "--case", demo, *options, "--rule", "sigma-ours", "--format", "json")
    assert done.returncode == DONE
    answer = json.loads(done.stdout)
    statuses = {rule["rule"]: rule["status"] for rule in answer["rules"]}
    assert statuses["sigma-ours"] == "ran"
    assert statuses["sigma-broken"] == "failed"
    assert {f["severity"] for f in answer["findings"]} == {"high"}
    assert "broken.yml, line " in done.stderr.decode()
    listed = call("rules", *options, "--rule", "sigma-ours", "--format", "json")
    [told] = json.loads(listed.stdout)
    assert told["source"].endswith("ours.yml, line 1")
    assert "broken.yml, line " in listed.stderr.decode()


def test_what_repeats_itself_is_one_heading_with_each_reason(demo: Path) -> None:
    told = output("findings", "--case", demo, "--rule", "logging-tampered").splitlines()
    [heading] = [n for n, line in enumerate(told) if line.endswith("(logging-tampered) ×3")]
    reasons = told[heading + 1 : heading + 4]
    assert [line.split()[0] for line in reasons] == ["01:24:02Z", "01:24:23Z", "01:24:39Z"]
    assert told[-1].startswith("3 findings")
    answer = json.loads(
        output("findings", "--case", demo, "--rule", "logging-tampered", "--format", "json")
    )
    assert [(f["repeat"], f["repeats"]) for f in answer["findings"]] == [(1, 3), (2, 3), (3, 3)]
