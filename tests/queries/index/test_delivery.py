"""Files that came long after the events in them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from queries.case import open_case
from queries.index.delivery import delivered_at
from tests.evidence_files import at, record, rows, trail, write

FOLDER = "AWSLogs/111122223333/CloudTrail/us-east-1"
NAME = "111122223333_CloudTrail_us-east-1"


@pytest.mark.parametrize(
    ("name", "when"),
    [
        (f"/x/{FOLDER}/2026/03/03/{NAME}_20260303T0015Z_AbCd.json.gz", datetime(2026, 3, 3, 0, 15)),
        (f"/x/{NAME}_20260303T0015Z_AbCd.json.gz", datetime(2026, 3, 3, 0, 15)),
        (f"s3://b/{FOLDER}/2026/03/03/renamed.json.gz", datetime(2026, 3, 3)),
        (f"/x/{NAME}_20269903T0015Z_AbCd.json.gz", None),
        ("/x/2026/13/41/a.json", None),
        ("/x/events.json", None),
    ],
)
def test_when_a_file_came_is_read_off_its_name(name: str, when: datetime | None) -> None:
    assert delivered_at(name) == when


def test_late_files_are_noted_and_counted(tmp_path: Path) -> None:
    entry = [record("ListImages", at(0), readOnly=True), record("CreateUser", at(20))]
    other = [record("ListImages", at(1)), record("CreateUser", at(21))]
    day_late = [record("ListImages", at(2)), record("CreateUser", at(22))]
    write(
        tmp_path,
        {
            f"{FOLDER}/2026/03/02/{NAME}_20260302T1025Z_AAAA.json": trail(entry),
            f"{FOLDER}/2026/03/03/{NAME}_20260303T1305Z_BBBB.json": trail(other),
            f"{FOLDER}/2026/03/06/renamed.json": trail(day_late),
            "export.json": trail([record("ListImages", at(3))]),
        },
    )
    with open_case([str(tmp_path)], use_cache=False) as case:
        found = {
            Path(name).name: said for name, said in rows(case, "SELECT name, notes FROM files")
        }
        assert found[f"{NAME}_20260302T1025Z_AAAA.json"] == []
        assert found[f"{NAME}_20260303T1305Z_BBBB.json"] == [
            "delivered 27 h after the earliest event in it"
        ]
        assert found["renamed.json"] == ["delivered 3 days after the earliest event in it"]
        assert found["export.json"] == []
        assert case.totals["late_files"] == 2
        [note] = [note for note in case.totals["notes"] if "delivered late" in note]
        assert note.startswith("2 files delivered late, up to 3 days after the events in them")
        assert case.totals["evidence_complete"], "late is not missing"
