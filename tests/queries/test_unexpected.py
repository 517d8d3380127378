"""What is told, and kept, of what nobody expected."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pytest

from queries import reader
from queries.case import open_case
from queries.envelopes.registry import open_piece
from queries.errors import WrongUsage
from queries.index import loader
from queries.index.clean import clean_record
from queries.index.documents import NeedsCare
from queries.unexpected import FOLDER, KEPT, REPORTS, in_a_sentence
from tests.evidence_files import at, record, trail, write


def met(secret: str = "wJalrXUtnFEMI") -> Exception:
    """An error that a defect has raised here."""
    try:
        held = {"secret": secret}
        held["\x1b]0;owned\x07<script>"]
    except KeyError as error:
        return error
    raise AssertionError


def reports(cache: Path) -> list[Path]:
    return sorted((cache / "ecr-investigate" / FOLDER).glob("*"))


def test_a_report_says_where_and_holds_no_value_of_a_variable(own_cache: Path) -> None:
    said = in_a_sentence(met())
    (report,) = reports(own_cache)
    assert said.startswith("the program has a defect: KeyError (")
    assert "no evidence was changed" in said
    assert str(report) in said
    text = report.read_text()
    assert "test_unexpected.py" in text
    assert "wJalrXUtnFEMI" not in text
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    for written in (said, text):
        assert "\x1b" not in written
        assert "\x07" not in written
    report.unlink()


def test_old_reports_go(own_cache: Path) -> None:
    said = [in_a_sentence(met()) for _ in range(KEPT + 3)]
    kept = reports(own_cache)
    assert len(kept) == KEPT
    assert str(kept[-1]) in said[-1]
    for report in kept:
        report.unlink()


def test_nothing_is_left_behind_where_nothing_is_to_be(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REPORTS, "kept", False)
    assert "KeyError" in in_a_sentence(met())
    assert not reports(own_cache)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (WrongUsage("no such day"), "no such day"),
        (duckdb.IOException("disk is full\n\nPRAGMA advice"), "disk is full"),
        (
            PermissionError(13, "Permission denied", "a.json"),
            "[Errno 13] Permission denied: 'a.json'",
        ),
        (MemoryError(), "there is not enough memory for this; narrow it, or close other programs"),
    ],
)
def test_what_is_no_defect_is_told_as_it_is(error: Exception, said: str, own_cache: Path) -> None:
    assert in_a_sentence(error) == said
    assert not reports(own_cache)


@pytest.mark.parametrize("where", ["opening a piece of a file", "cleaning a record"])
def test_a_defect_costs_the_rest_of_a_file_and_no_other(
    where: str, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [record("DescribeImages", at(0)), record("Odd", at(1)), record("GetImage", at(2))]
    odd = b"\n".join(json.dumps(line).encode() for line in lines)
    write(tmp_path, {"odd.ndjson": odd, "sound.json": trail([record("ListImages", at(3))])})

    def failing(work: Callable[..., Any], *given: Any) -> Any:
        if "Odd" in str(given):
            raise ZeroDivisionError("never thought of")
        return work(*given)

    monkeypatch.setattr(loader, "whole_documents", needing_care)
    if where == "cleaning a record":
        monkeypatch.setattr(loader, "clean_record", partial(failing, clean_record))
    else:
        monkeypatch.setattr(reader, "open_piece", partial(failing, open_piece))
    with open_case([str(tmp_path)]) as case:
        names = case.ask("SELECT event_name FROM events ORDER BY event_time").rows
        files = case.ask("SELECT name, status, notes[1] FROM files ORDER BY name").rows
        complete = case.totals["evidence_complete"]
    assert names == [("DescribeImages",), ("ListImages",)]
    assert [(Path(name).name, status) for name, status, _ in files] == [
        ("odd.ndjson", "damaged"),
        ("sound.json", "read"),
    ]
    assert files[0][2].startswith("not read beyond record 1: the program has a defect: ZeroDiv")
    assert not complete
    for report in reports(own_cache):
        report.unlink()


def needing_care(*_: object) -> NoReturn:
    """What the fast lane says of each file: it is left to the careful one."""
    raise NeedsCare
