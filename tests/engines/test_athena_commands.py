"""The command line of `--engine athena`: what it may cost is said first, and what it did last."""

from __future__ import annotations

import io
from typing import Any

import pytest
from moto.athena.models import AthenaBackend

from tests.engines.athena_stand import REGION, WORK_GROUP
from tui.cli import main

SCOPE = ("--account", "111122223333", "--since", "2026-03-01", "--until", "2026-03-13")
TERMS = (
    "note: Athena in eu-west-1, work group ir, 111122223333, all regions, 2026-03-01 to 2026-03-12:"
    " each statement is stopped when it has read 1 TB ($7.50 at $7.50 a terabyte)"
)


class Terminal(io.StringIO):
    """A terminal on which somebody has typed."""

    def isatty(self) -> bool:
        return True


def test_terms_come_first_and_the_bill_last(
    athena_path: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    budget = ("--athena-limit", "1TB", "--athena-price", "7.5")
    assert main(["pushes", *athena_path, *SCOPE, *budget, "--athena-yes", "--limit", "1"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0] == TERMS
    assert said[-1].startswith("note: Athena: read 0 bytes, $0.000")


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("Yes\n", 0), ("n\n", 130), ("", 130)])
def test_somebody_at_the_terminal_is_asked(
    typed: str,
    code: int,
    athena_path: list[str],
    moto_athena: AthenaBackend,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main(["repositories", *athena_path, *SCOPE]) == code
    assert "Go on? [y/N]" in capsys.readouterr().err
    assert bool(moto_athena.executions) == (code == 0)


def test_where_nobody_can_be_asked_nothing_is_spent(
    athena_path: list[str], moto_athena: AthenaBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["repositories", *athena_path, *SCOPE]) == 2
    assert "add --athena-yes to go on" in capsys.readouterr().err
    assert not moto_athena.executions


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["athena://ecr"], "--engine athena reads only what it is told to: give --account"),
        (["athena://Ecr", *SCOPE], "the database Ecr: a name in Athena has small letters"),
        (["athena://ecr", *SCOPE, "--athena-limit", "much"], "--athena-limit much"),
        (["athena://ecr", *SCOPE, "--athena-price", "free"], "--athena-price free"),
        (["./folder", "--engine", "athena", *SCOPE], "give athena://DATABASE"),
        (["./folder", "--athena-limit", "1GB"], "--athena-limit is for --engine athena"),
        (["athena://ecr", "other", *SCOPE], "one folder"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["repositories", *given]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_stranger_work_group_is_said(
    moto_athena: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--athena-region", REGION, "--athena-work-group", f"{WORK_GROUP}-other"]
    assert main(["repositories", "athena://ecr", *SCOPE, *where]) == 1
    assert f"no work group {WORK_GROUP}-other in {REGION}" in capsys.readouterr().err
