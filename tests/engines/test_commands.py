"""The commands over a converted folder print what they print over the evidence."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from samples import incident_path
from tests.tui.driving import API
from tui.cli import main

OWN = re.compile(r"_key$|_event$|_push$|file_id|^ended_by$|^merged_into$")
SCOPE = ("--account", "all", "--since", "2026-03-01", "--until", "2026-03-13")
COMMANDS = (
    ("repositories",),
    ("pushes", "--repository", API),
    ("activity", "--key", "ASIAHDB75CKWIEXAMPLE", "--service", "ecr"),
    ("activity", "--value", "198.51.100.77"),
    ("deployments",),
    ("findings", "--severity", "high"),
    ("tags", "--repository", API),
    ("evidence",),
)


ON_SPARK = (COMMANDS[2], COMMANDS[5])
"""Each begins a session of its own there, which costs seconds."""


@pytest.fixture(params=["duckdb", "spark", "athena"])
def over_folder(request: pytest.FixtureRequest, converted_folder: Path) -> list[str]:
    """The end of a command line that has the folder read by an engine."""
    if request.param == "athena":
        path: list[str] = request.getfixturevalue("athena_path")
        return [*path, "--athena-yes", *SCOPE]
    given = [str(converted_folder), "--engine", str(request.param)]
    if request.param == "spark":
        request.getfixturevalue("folder_in_memory")
        given += ["--spark", request.getfixturevalue("spark_address"), *SCOPE]
    return given


@pytest.fixture(scope="module")
def over_evidence(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The end of a command line over the evidence, which is indexed once."""
    given = [str(incident_path()), "--case", str(tmp_path_factory.mktemp("kept") / "kept.case")]
    assert main(["repositories", *given]) == 0
    return given


def printed(capsys: pytest.CaptureFixture[str], *given: str) -> list[dict[str, str]]:
    capsys.readouterr()
    assert main([*given, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    return sorted(
        ({name: value for name, value in row.items() if not OWN.search(name)} for row in rows),
        key=str,
    )


@pytest.mark.parametrize(
    ("command", "over_folder"),
    [(command, engine) for command in COMMANDS for engine in ("duckdb", "athena")]
    + [(command, "spark") for command in ON_SPARK],
    indirect=["over_folder"],
    ids=str,
)
def test_prints_the_same_rows(
    command: tuple[str, ...],
    over_folder: list[str],
    over_evidence: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = printed(capsys, *command, *over_evidence)
    assert printed(capsys, *command, *over_folder) == expected
    assert expected


def test_one_event_with_its_raw_record(
    over_folder: list[str], over_evidence: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    name = "658bc808-d019-480a-ab41-3773cb884343"
    assert main(["activity", *over_evidence, "--format", "json"]) == 0
    ident = json.loads(capsys.readouterr().out)[0]["event_id"]
    assert ident != name
    assert main(["event", *over_folder, "--event-id", ident]) == 0
    assert json.loads(capsys.readouterr().out)["eventID"] == ident


def test_a_converted_folder_is_recognised(
    converted_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["repositories", str(converted_folder), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 9


def test_an_extent_narrows_rows_and_totals(
    converted_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--account", "444455556666,111122223333", "--since", "2026-03-08"]
    assert main(["activity", str(converted_folder), *given, "--format", "json"]) == 0
    said = capsys.readouterr()
    rows = json.loads(said.out)
    assert rows
    assert min(row["event_time"] for row in rows) >= "2026-03-08"
    assert (
        "only 444455556666 111122223333, all regions, 2026-03-08 to the end are asked" in said.err
    )


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (["--engine", "spark", "--spark", "sc://127.0.0.1:1"], 2, "give --account, --since, --un"),
        (["--engine", "spark", "--spark", "localhost", *SCOPE], 2, "give sc://host:port"),
        (["--engine", "spark", *SCOPE], 2, "needs --spark sc://host:port"),
        pytest.param(
            ["--engine", "spark", "--spark", "sc://127.0.0.1:1", *SCOPE],
            1,
            "no Spark Connect server",
            marks=pytest.mark.skipif(find_spec("pyspark") is None, reason="Spark is not installed"),
        ),
        (["--spark", "sc://127.0.0.1:1"], 2, "--spark is for --engine spark"),
        (["--engine", "duckdb", "--account", "12"], 2, "an account id has 12 digits"),
        (["--case", "x.case"], 2, "--case is not for a converted folder"),
        (["--since", "2026-03-09", "--until", "2026-03-08"], 2, "--since must be before --until"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    given: list[str],
    code: int,
    said: str,
    converted_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    assert main(["pushes", str(converted_folder), *given]) == code
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_an_engine_wants_one_converted_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pushes", str(incident_path()), "--engine", "duckdb"]) == 2
    assert "was not written by 'convert'" in capsys.readouterr().err
    assert main(["pushes", "a", "b", "--engine", "duckdb"]) == 2
    assert "one folder" in capsys.readouterr().err
    assert main(["tags", str(incident_path()), "--account", "111122223333"]) == 2
    assert "give --engine as well" in capsys.readouterr().err


def test_without_pyspark_it_says_what_to_install(
    converted_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    given = ["--engine", "spark", "--spark", "sc://127.0.0.1:1", *SCOPE]
    assert main(["pushes", str(converted_folder), *given]) == 2
    assert "pipx install --force '.[spark]'" in capsys.readouterr().err
