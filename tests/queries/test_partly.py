"""Evidence that takes long is read in parts, the newest first, and comes to the same in the end."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from queries.case import open_case
from tests.evidence_files import ACCOUNT, at, image, push, record, rows, to_the_end, trail, write

FILES = 20
TABLES = ("events", "pushes", "push_records", "sessions", "files")
BY_PLACE = """
    SELECT f.name, e.position, e.event_id, e.repository, m.event_id
    FROM events AS e JOIN files AS f ON f.file_id = e.file_id
      LEFT JOIN events AS m ON m.event_key = e.merged_into
    ORDER BY 1, 2"""
PUSHES = "SELECT event_time, repository, image_tags, image_digest, outcome FROM pushes ORDER BY ALL"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A file an hour; the same event is in two of them, and a tag moves from file to file."""
    folder = tmp_path / "logs"
    for hour in range(FILES):
        records = [push(image(f"l{hour}"), "latest", at(60 * hour)), record("GetX", at(60 * hour))]
        if hour in (2, 9):
            records.append(record("Twice", at(5), eventID="11112222-3333-4444-5555-666677778888"))
        name = f"{ACCOUNT}_CloudTrail_us-east-1_20260302T{hour:02}05Z_{hour:08}.json.gz"
        write(folder, {name: gzip.compress(trail(records))})
    return folder


def size_of(folder: Path) -> int:
    """As much as the first two files to be read, or less."""
    return max(path.stat().st_size for path in folder.iterdir())


def test_the_newest_files_come_first_and_the_totals_say_how_far_it_is(logs: Path) -> None:
    with open_case([str(logs)], first=size_of(logs)) as case:
        assert case.totals["part"] == [2, FILES]
        assert not case.totals["evidence_complete"]
        assert case.totals["notes"][0].startswith("18 of 20 files are not read yet")
        names = [name for (name,) in rows(case, "SELECT name FROM files ORDER BY name")]
        assert ["T1805Z" in names[0], "T1905Z" in names[1]] == [True, True]


def test_read_to_the_end_it_is_the_case_that_is_read_in_one_go(logs: Path) -> None:
    cases = to_the_end(open_case([str(logs)], first=size_of(logs)), size_of(logs))
    whole = cases[-1]
    with whole, open_case([str(logs)], use_cache=False) as at_once:
        assert rows(whole, BY_PLACE) == rows(at_once, BY_PLACE)
        assert rows(whole, PUSHES) == rows(at_once, PUSHES)
        for name, value in at_once.totals.items():
            assert whole.totals[name] == value, name
    parts = [case.totals["part"][0] for case in cases[:-1]]
    assert parts[0] == 2
    assert 8 <= parts[1] <= 9  # each step reads three times what was read before
    assert len(parts) == 2
    with open_case([str(logs)], first=size_of(logs)) as again:
        assert again.from_cache
        assert "part" not in again.totals


def test_a_part_that_was_kept_goes_on_where_it_was(logs: Path) -> None:
    open_case([str(logs)], first=size_of(logs)).close()
    with open_case([str(logs)]) as case:
        assert "part" not in case.totals
        assert case.totals["files"] == FILES
        assert case.totals["pushes"] == FILES


def test_little_evidence_is_read_at_once(logs: Path) -> None:
    with open_case([str(logs)], first=FILES * size_of(logs)) as case:
        assert "part" not in case.totals


def test_a_file_that_changed_meanwhile_is_read_with_the_next_part(logs: Path) -> None:
    case = open_case([str(logs)], first=size_of(logs))
    newest = max(logs.iterdir())
    newest.write_bytes(
        gzip.compress(trail([push(image("other"), "latest", at(700)), record("GetX", at(1))]))
    )
    moment = datetime(2026, 3, 5, tzinfo=UTC).timestamp()
    os.utime(newest, (moment, moment))
    _, grown, *_, whole = to_the_end(case, size_of(logs))
    assert grown.totals["changed_files"] == 1
    assert grown is not whole
    with whole:
        assert whole.totals["pushes"] == FILES
        changed = rows(whole, "SELECT name FROM files WHERE notes::VARCHAR LIKE '%changed after%'")
        assert [name for (name,) in changed] == [str(newest)]


def test_in_a_case_file_too(logs: Path, tmp_path: Path) -> None:
    kept = tmp_path / "case.duckdb"
    size = size_of(logs)
    to_the_end(open_case([str(logs)], case_file=kept, first=size), size)[-1].close()
    with open_case([], case_file=kept) as case:
        assert case.totals["pushes"] == FILES
        assert case.totals["evidence_complete"]
