"""Whether a console login used MFA, as `additionalEventData.MFAUsed` says."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from queries.scope import ORIGIN, Scope, about
from tests.evidence_files import DANA, Record, at, case_in_memory, record, rows, trail, write


def login(minute: int, data: Any, **fields: Any) -> Record:
    fields.setdefault("responseElements", {"ConsoleLogin": "Success"})
    return record("ConsoleLogin", at(minute), eventSource="signin.amazonaws.com",
                  additionalEventData=data, **fields)  # fmt: skip


LOGINS = [
    login(1, {"MFAUsed": "Yes"}),
    login(2, {"MFAUsed": "No", "MobileVersion": "No"}),
    login(3, {"MobileVersion": "No"}),
    login(4, None),
    login(5, {"MFAUsed": "No"}, responseElements={"ConsoleLogin": "Failure"}),
]
SAID = [True, False, None, None, False]


def test_it_is_indexed_whatever_the_export(tmp_path: Path) -> None:
    table = io.StringIO()
    flat = [
        {k: json.dumps(v) if isinstance(v, dict) else v for k, v in one.items()} for one in LOGINS
    ]
    writer = csv.DictWriter(table, list(flat[0]))
    writer.writeheader()
    writer.writerows(flat)
    for files in (
        {"trail.json": trail(LOGINS)},
        {"lines.json": "\n".join(map(json.dumps, LOGINS)).encode()},
        {"table.csv": table.getvalue().encode()},
    ):
        with case_in_memory(write(tmp_path / next(iter(files)), files)) as case:
            found = rows(case, "SELECT mfa FROM events ORDER BY event_time")
            assert [said for (said,) in found] == SAID


def test_a_profile_counts_logins_with_and_without(tmp_path: Path) -> None:
    with case_in_memory(write(tmp_path, {"trail.json": trail(LOGINS)})) as case:
        question = about("activity_summary", Scope(ORIGIN, DANA))
        [summary] = case.ask(question.sql, question.bound).dicts()
    assert summary["console_logins"] == 4, "a refused one is none"
    assert (summary["logins_with_mfa"], summary["logins_without_mfa"]) == (1, 1)
