"""Evidence that grows: an index that grew says what one built at once says, and reads only what is
new."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from queries.case import Case, open_case
from queries.errors import InvestigationError, WrongUsage
from queries.progress import Progress
from queries.raw import raw_record
from queries.refresh import look_again
from samples import incident_path
from tests.evidence_files import at, image, push, record, trail, write, zipped

IDS = {"file_id", "event_key", "push_key", "copy_of", "merged_into", "deployment_no", "position"}


def content(case: Case, table: str) -> list[str]:
    """The rows of a table without the ids, which say only in which order files were read."""
    names = [
        row[0]
        for row in case.ask(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $t",
            {"t": table},
        ).rows
        if row[0] not in IDS and row[0] != "push" and not str(row[0]).endswith(("_event", "_by"))
    ]
    chosen = ", ".join(name for name in names if not name.endswith("_push"))
    return sorted(map(repr, case.ask(f"SELECT {chosen} FROM {table}").rows))


def said(case: Case) -> dict[str, Any]:
    totals = dict(case.totals)
    changes = totals["logging_changes"]
    totals["logging_changes"] = [{**change, "event_key": 0} for change in changes]
    # How late a file was depends on which of several copies is kept, see below.
    totals["late_files"] = 0
    totals["notes"] = [note for note in totals["notes"] if "delivered late" not in note]
    return totals


@pytest.mark.slow
@pytest.mark.parametrize("steps", [3])
def test_an_index_that_grew_says_what_one_built_at_once_says(tmp_path: Path, steps: int) -> None:
    files = sorted(path for path in incident_path().rglob("*") if path.is_file())
    folder = tmp_path / "logs"
    case: Case | None = None
    for step in range(steps):
        for path in files[step::steps]:
            target = folder / path.relative_to(incident_path())
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        if case is None:
            case = open_case([str(folder)])
        else:
            grown = look_again(case)
            assert grown is not None
            case.close()
            case = grown
    assert case is not None
    with case, open_case([str(folder)], use_cache=False) as whole:
        # Of equal copies the first one read is kept, so which one depends on the steps.
        same(case, whole)
    # What grew is found by the next run.
    with open_case([str(folder)]) as again:
        assert again.from_cache


OTHERWISE = {"files", "meta", "listed", "digests", "copies"}
"""Tables that tell in which order files were read."""


def same(case: Case, built: Case) -> None:
    """That a case says what one built at once from the same files says."""
    assert said(case) == said(built)
    for table in sorted({row[0] for row in built.ask("SHOW TABLES").rows} - OTHERWISE):
        assert content(case, table) == content(built, table), table
    names = "SELECT name, status, records, events + copies FROM files ORDER BY name"
    assert case.ask(names).rows == built.ask(names).rows


def day(number: int) -> dict[str, bytes]:
    """The deliveries of a day: three files, the last of which repeats a record of the first."""
    pushes = [push(image(f"{number}-{n}"), f"v{number}-{n}", at(60 * number + n)) for n in range(3)]
    return {
        f"{number:02}/a.json": trail(pushes[:2]),
        f"{number:02}/b.json": trail(pushes[2:]),
        f"{number:02}/c.json": trail([pushes[0], record("DescribeImages", at(60 * number + 9))]),
    }


def alter(logs: Path, change: str) -> int:
    """Change evidence; returns how many files have to be read for it."""
    if change == "another day":
        write(logs, day(3))
        return 3
    if change == "replaced":
        write(logs, {"01/a.json": trail([push(image("other"), "other", at(61))])})
        return 1
    if change == "gone":
        (logs / "02" / "a.json").unlink()
        return 0
    write(logs, {"00/late.json": trail([push(image("late"), "late", at(3))])})
    (logs / "01" / "b.json").rename(logs / "01" / "z.json")
    return 2


@pytest.mark.parametrize("change", ["another day", "replaced", "gone", "late and renamed"])
@pytest.mark.parametrize("kept", [False, True], ids=["cache", "case file"])
def test_reopening_reads_only_what_is_new_or_changed(
    tmp_path: Path, change: str, kept: bool
) -> None:
    logs, case_file = tmp_path / "logs", tmp_path / "incident.duckdb" if kept else None
    for number in range(3):
        write(logs, day(number))
    open_case([str(logs)], case_file=case_file).close()
    to_read = alter(logs, change)

    progress = Progress()
    with open_case([str(logs)], case_file=case_file, progress=progress) as case:
        assert not case.from_cache
        assert progress.files_total == to_read
        with open_case([str(logs)], use_cache=False) as built:
            if kept and change != "another day":
                # A case keeps what it has read, and says of a file that it changed.
                assert case.totals["pushes"] >= built.totals["pushes"]
            elif change == "replaced":
                [(notes,)] = case.ask("SELECT notes FROM files WHERE name LIKE '%01/a.json'").rows
                assert "changed after it was read: 2 records then, 1 now" in notes[0]
                assert case.totals["pushes"] == built.totals["pushes"] == 9
            else:
                same(case, built)
    with open_case([str(logs)], case_file=case_file) as case:
        assert case.from_cache


def test_an_index_of_which_little_would_be_left_is_built_anew(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    write(logs, day(0))
    open_case([str(logs)]).close()
    for path in logs.rglob("*.json"):
        path.unlink()
    write(logs, day(1))
    progress = Progress()
    with open_case([str(logs)], progress=progress) as case:
        assert progress.files_total == 3
        assert sorted(row[0] for row in case.ask("SELECT file_id FROM files").rows) == [0, 1, 2]
        assert case.totals["pushes"] == 3


def test_a_changed_file_that_cannot_be_read_any_more_keeps_nobody_from_opening(
    tmp_path: Path,
) -> None:
    logs = tmp_path / "logs"
    write(logs, day(0))
    open_case([str(logs)]).close()
    (logs / "00" / "b.json").write_bytes(b"\x00no log\xff" * 9)
    with open_case([str(logs)]) as case:
        [(status, notes)] = case.ask(
            "SELECT status, notes FROM files WHERE name LIKE '%b.json'"
        ).rows
        assert status != "read"
        assert "1 record then, 0 now, fewer than before" in " ".join(notes)
        assert case.totals["pushes"] == 2


def test_only_new_files_are_read(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    write(logs, {"a.json": trail([push(image("one"), "1", at(0))])})
    with open_case([str(logs)]) as case:
        assert look_again(case) is None
        read = logs / "a.json"
        read.chmod(0o200)  # would be noticed, were it opened (not by root)
        write(logs, {"b.json": trail([push(image("two"), "2", at(1))])})
        before = case.path
        grown = look_again(case)
        assert grown is not None
        read.chmod(0o600)
        # The old one can still be asked, and the new one knows all raw records.
        assert case.ask("SELECT count(*) FROM pushes").rows == [(1,)]
        case.close()
    with grown:
        assert grown.totals["pushes"] == 2
        assert not before.exists()
        assert [row[0] for row in grown.ask("SELECT file_id FROM files ORDER BY 1").rows] == [0, 1]
        assert '"1"' in raw_record(grown, 0, 1).text
        assert '"2"' in raw_record(grown, 1, 1).text
        assert look_again(grown) is None


def test_a_fuller_copy_that_comes_later_takes_the_place(tmp_path: Path) -> None:
    whole = push(image("one"), "1", at(0), eventID="same")
    poor = {**whole, "requestParameters": None, "responseElements": None}
    logs = tmp_path / "logs"
    write(logs, {"a.json": trail([poor]), "b.json": trail([poor])})
    case = open_case([str(logs)])
    assert case.totals["duplicates"] == 1
    write(logs, {"c.json": trail([whole])})
    grown = look_again(case)
    case.close()
    assert grown is not None
    with grown, open_case([str(logs)], use_cache=False) as built:
        for one in (grown, built):
            assert one.totals["duplicates"] == 2
            assert one.ask("SELECT copies FROM events").rows == [(3,)]
            assert one.ask("SELECT count(DISTINCT copy_of) FROM copies").rows == [(1,)]
            files = "SELECT name, events, copies FROM files ORDER BY name"
            assert [row[1:] for row in one.ask(files).rows] == [(0, 1), (0, 1), (1, 0)]


def test_a_record_that_contradicts_merged_copies_parts_them(tmp_path: Path) -> None:
    whole = push(image("one"), "1", at(0), eventID="same")
    poor = {**whole, "requestParameters": None, "responseElements": None}
    logs = tmp_path / "logs"
    write(logs, {"a.json": trail([whole]), "b.json": trail([poor])})
    case = open_case([str(logs)])
    assert case.ask("SELECT copies FROM events").rows == [(2,)]
    write(logs, {"c.json": trail([{**whole, "sourceIPAddress": "203.0.113.99"}])})
    grown = look_again(case)
    case.close()
    assert grown is not None
    with grown, open_case([str(logs)], use_cache=False) as built:
        # Which of the two the poor one is a copy of cannot be told any more.
        assert grown.totals["events"] == built.totals["events"] == 3
        same(grown, built)


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    lines = [json.dumps(record("DescribeImages", at(n), eventID=f"e{n}")) for n in range(3)]
    shared = push(image("one"), "1", at(5), eventID="shared")
    write(logs, {
        "a.ndjson": lines[0].encode(),
        "b.json": trail([shared, push(image("two"), "2", at(6), eventID="gone")]),
        "c.json": trail([shared]),
        "d.json": trail([shared]),
    })  # fmt: skip
    case = open_case([str(logs)])
    assert (case.totals["raw_records"], case.totals["duplicates"]) == (5, 2)
    (logs / "a.ndjson").write_text("\n".join(lines))
    # Somebody takes the records of both pushes out of a file.
    write(logs, {"b.json": trail([record("ListImages", at(7), eventID="new")])})
    grown = look_again(case)
    case.close()
    assert grown is not None
    with grown, open_case([str(logs)], use_cache=False) as whole:
        assert grown.totals["changed_files"] == 2
        for name in ("events", "raw_records", "duplicates", "pushes", "files"):
            assert grown.totals[name] == whole.totals[name], name
        for table in ("events", "pushes", "actors"):
            assert content(grown, table) == content(whole, table), table
        files = "SELECT name, records, events, copies FROM files ORDER BY name"
        assert grown.ask(files).rows == whole.ask(files).rows
        notes = dict(grown.ask("SELECT name, notes FROM files").rows)
        assert notes[str(logs / "a.ndjson")][-1].endswith("1 record then, 3 now")
        assert notes[str(logs / "b.json")][-1].endswith("2 records then, 1 now, fewer than before")
        # The copy of the push in another file is the one that counts now, and opens.
        [(file_id, position)] = grown.ask("SELECT file_id, position FROM pushes").rows
        assert '"shared"' in raw_record(grown, file_id, position).text
        assert look_again(grown) is None
        listed = grown.ask("SELECT count(*) FROM listed").rows
        assert listed == [(4,)]


def test_a_changed_file_that_cannot_be_read_takes_nothing_away(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    write(logs, {"a.json": trail([push(image("one"), "1", at(0))])})
    with open_case([str(logs)]) as case:
        write(logs, {"a.json": b"\x00\x01\x02 no log"})
        with pytest.raises(
            InvestigationError, match=r"a\.json: has other content now, which cannot"
        ):
            look_again(case)
        assert case.ask("SELECT count(*) FROM pushes").rows == [(1,)]


def test_a_changed_archive_is_read_again(tmp_path: Path) -> None:
    logs, more = tmp_path / "logs", tmp_path / "more"
    write(more, {"b.json": trail([push(image("two"), "2", at(1))])})
    logs.mkdir()
    shutil.make_archive(str(logs / "x"), "zip", more)
    case = open_case([str(logs)])
    write(more, {"c.json": trail([push(image("three"), "3", at(2))])})
    shutil.make_archive(str(logs / "x"), "zip", more)
    grown = look_again(case)
    case.close()
    assert grown is not None
    with grown:
        assert grown.totals["pushes"] == 2
        assert grown.ask("SELECT count(*) FROM files").rows == [(2,)]
        assert look_again(grown) is None


def test_archives_that_come_are_opened_and_those_before_stay(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    write(logs, {"a.json.gz": zipped(trail([record("DescribeImages", at(0))]))})
    shutil.make_archive(str(logs / "old"), "zip", logs, "a.json.gz")
    case = open_case([str(logs)])
    write(tmp_path / "more", {"b.json": trail([push(image("two"), "2", at(1))])})
    shutil.make_archive(str(logs / "new"), "zip", tmp_path / "more")
    grown = look_again(case)
    case.close()
    assert grown is not None
    with grown:
        names = [row[0] for row in grown.ask("SELECT name FROM files ORDER BY file_id").rows]
        assert [name.rpartition("/")[2] for name in names] == [
            "a.json.gz",
            "old.zip › a.json.gz",
            "new.zip › b.json",
        ]
        assert grown.totals["pushes"] == 1


def test_a_case_file_grows_with_its_evidence(tmp_path: Path) -> None:
    logs, kept = tmp_path / "logs", tmp_path / "incident.duckdb"
    write(logs, {"a.json": trail([push(image("one"), "1", at(0))])})
    open_case([str(logs)], case_file=kept).close()
    write(logs, {"b.json": trail([push(image("two"), "2", at(1))])})
    with open_case([str(logs)], case_file=kept) as case:
        assert case.totals["pushes"] == 2
        (logs / "a.json").unlink()
    # A case keeps what was read.
    write(logs, {"c.json": trail([push(image("three"), "3", at(2))])})
    with open_case([str(logs)], case_file=kept) as case:
        assert case.totals["pushes"] == 3
        notes = case.ask("SELECT notes FROM files WHERE status = 'skipped'").rows
        assert "no longer there, and read before: 1 file;" in notes[0][0][0]
    with open_case([], case_file=kept) as case:
        assert case.totals["pushes"] == 3
        with pytest.raises(WrongUsage, match="only the index is open"):
            look_again(case)
    write(tmp_path / "others", {"d.json": trail([push(image("four"), "4", at(3))])})
    with pytest.raises(WrongUsage, match="holds other evidence"):
        open_case([str(tmp_path / "others")], case_file=kept)
