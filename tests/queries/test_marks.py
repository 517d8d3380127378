"""Marks: kept with their raw records, found again, undone, carried along with the case."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from queries.case import Case, open_case
from queries.errors import InvestigationError
from queries.folders import data_folder
from queries.marks.events import mark_event
from queries.marks.keeper import Marks
from queries.marks.store import journal_beside, read_journal
from queries.raw import raw_record
from queries.refresh import look_again
from tests.evidence_files import at, image, push, record, trail, write

PUSH = push(image("base", "added"), "prod", at(0), eventID="push-1")
LIST = record("ListUsers", at(5), eventSource="iam.amazonaws.com", eventID="list-1")


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    write(tmp_path / "logs", {"a.json": trail([PUSH, LIST])})
    return tmp_path / "logs"


def key_of(case: Case, event_id: str) -> int:
    rows = case.ask("SELECT event_key FROM events WHERE event_id = $id", {"id": event_id}).rows
    return int(rows[0][0])


def mark(case: Case, event_id: str, **options: object) -> None:
    mark_event(case, key_of(case, event_id), **options)  # type: ignore[arg-type]


def marked(case: Case) -> list[str | None]:
    return [found.event_id for found in case.marks.all]


def test_a_mark_holds_who_when_why_and_the_record(
    evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECR_INVESTIGATE_AUTHOR", "R. Esponder")
    with open_case([str(evidence)]) as case:
        mark(case, "push-1", tags=["implant"], comment="not built by the pipeline")
        found = case.marks.all[0]
        assert found.author == "R. Esponder"
        assert (found.tags, found.comment) == (("implant",), "not built by the pipeline")
        assert found.is_push
        assert found.subject["repository"].endswith("team/api")
        assert found.record is not None
        assert json.loads(found.record.text) == PUSH
        assert case.marks.of_event(key_of(case, "push-1")) == found
        assert case.marks.of_event(key_of(case, "list-1")) is None


def test_marks_outlive_the_cache_and_evidence_that_changed(evidence: Path) -> None:
    with open_case([str(evidence)]) as case:
        mark(case, "list-1", comment="look here")
        before = key_of(case, "list-1")
    shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"]) / "ecr-investigate")
    earlier = [record("DescribeImages", at(minute), eventID=f"d-{minute}") for minute in range(3)]
    write(evidence, {"0.json": trail(earlier)})
    with open_case([str(evidence)]) as case:
        assert marked(case) == ["list-1"]
        now = key_of(case, "list-1")
        assert now != before, "the test shows nothing if the event kept its number"
        found = case.marks.of_event(now)
        assert found is not None
        assert found.comment == "look here"


def test_marks_go_on_with_a_case_that_grows(evidence: Path, tmp_path: Path) -> None:
    with open_case([str(evidence)], case_file=tmp_path / "c.case") as case:
        mark(case, "push-1")
        write(evidence, {"0.json": trail([record("DescribeImages", at(9), eventID="new")])})
        grown = look_again(case)
        assert grown is not None
    with grown:
        assert marked(grown) == ["push-1"]
        assert grown.marks.of_event(key_of(grown, "push-1")) is not None
        mark(grown, "new")
    with open_case([], case_file=tmp_path / "c.case") as case:
        assert marked(case) == ["push-1", "new"]


def test_the_case_file_alone_holds_all_when_it_is_closed(evidence: Path, tmp_path: Path) -> None:
    file = tmp_path / "c.case"
    with open_case([str(evidence)], case_file=file) as case:
        mark(case, "push-1", tags=["a", "b"])
        assert journal_beside(file).exists(), "a step must be on the disk at once"
    assert not journal_beside(file).exists()
    with duckdb.connect(str(file), read_only=True) as opened:
        rows = opened.execute("SELECT event_id, tags FROM marks").fetchall()
    assert rows == [("push-1", "a b")]


def test_a_case_that_another_program_has_open_loses_nothing(evidence: Path, tmp_path: Path) -> None:
    file = tmp_path / "c.case"
    first = open_case([str(evidence)], case_file=file)
    second = open_case([], case_file=file)
    mark(first, "push-1")
    first.close()
    assert read_journal(journal_beside(file))[0], "the second one still reads the file"
    mark(second, "list-1")
    second.close()
    with open_case([], case_file=file) as case:
        assert marked(case) == ["push-1", "list-1"]


def test_steps_are_taken_back_one_by_one(evidence: Path, tmp_path: Path) -> None:
    file = tmp_path / "c.case"
    with open_case([str(evidence)], case_file=file) as case:
        mark(case, "push-1", comment="first")
        mark(case, "list-1")
        case.marks.edit(case.marks.all[0].key, ["t"], "second")
        case.marks.remove(case.marks.all[1].key)
    with open_case([], case_file=file) as case:
        case.marks.undo()
        assert marked(case) == ["push-1", "list-1"]
        case.marks.undo()
        assert case.marks.all[0].comment == "first"
        case.marks.undo()
        case.marks.undo()
        assert marked(case) == []
        assert case.marks.undo() is None


def test_a_case_elsewhere_shows_the_records_of_what_is_marked(
    evidence: Path, tmp_path: Path
) -> None:
    with open_case([str(evidence)], case_file=tmp_path / "c.case") as case:
        mark(case, "push-1")
    (tmp_path / "elsewhere").mkdir()
    shutil.move(tmp_path / "c.case", tmp_path / "elsewhere" / "c.case")
    shutil.rmtree(evidence)
    with open_case([], case_file=tmp_path / "elsewhere" / "c.case") as case:
        event = case.ask("SELECT file_id, position FROM events WHERE event_id = 'push-1'").rows[0]
        kept = raw_record(case, *event)
        assert json.loads(kept.text) == PUSH
        assert kept.kept.startswith("as kept in the case when")
        other = case.ask("SELECT file_id, position FROM events WHERE event_id = 'list-1'").rows[0]
        with pytest.raises(InvestigationError):
            raw_record(case, *other)


def test_an_index_of_another_version_is_built_anew_with_its_marks(
    evidence: Path, tmp_path: Path
) -> None:
    file = tmp_path / "c.case"
    with open_case([str(evidence)], case_file=file) as case:
        mark(case, "push-1", comment="kept")
    with duckdb.connect(str(file)) as opened:
        opened.execute("UPDATE meta SET value = '1' WHERE key = 'index_version'")
    with open_case([str(evidence)], case_file=file) as case:
        assert not case.from_cache
        assert case.marks.of_event(key_of(case, "push-1")) is not None
        assert case.marks.all[0].comment == "kept"


def test_marks_made_without_a_case_file_come_into_it(evidence: Path, tmp_path: Path) -> None:
    with open_case([str(evidence)]) as case:
        mark(case, "push-1")
    file = tmp_path / "c.case"
    open_case([str(evidence)], case_file=file).close()
    with open_case([], case_file=file) as case:
        assert marked(case) == ["push-1"]


def test_nothing_is_kept_where_nothing_may_be(evidence: Path) -> None:
    with open_case([str(evidence)], use_cache=False) as case:
        mark(case, "push-1")
        assert marked(case) == ["push-1"]
        assert "--no-cache" in case.marks.problem
    assert not data_folder().exists()


def test_contradicting_records_under_one_id_are_marked_apart(tmp_path: Path) -> None:
    one = record("ListUsers", at(1), eventID="same", errorCode="AccessDenied")
    other = record("ListRoles", at(2), eventID="same")
    write(tmp_path / "logs", {"a.json": trail([one]), "b.json": trail([other])})
    with open_case([str(tmp_path / "logs")]) as case:
        rows = case.ask("SELECT event_key FROM events WHERE event_name = 'ListRoles'").rows
        mark_event(case, rows[0][0])
        wanted = case.marks.all[0].key
    with open_case([str(tmp_path / "logs")]) as case:
        assert case.marks.places == {wanted: rows[0][0]}


def test_records_without_an_id_are_found_again(tmp_path: Path) -> None:
    def bare(user: str) -> dict[str, object]:
        made = record("ListUsers", at(1), userAgent=user)
        del made["eventID"]
        return made

    write(tmp_path / "logs", {"a.json": trail([bare("one"), bare("two")])})
    with open_case([str(tmp_path / "logs")]) as case:
        rows = case.ask("SELECT event_key FROM events WHERE user_agent = 'two'").rows
        mark_event(case, rows[0][0])
    write(tmp_path / "logs", {"a.json": trail([bare("zero"), bare("one"), bare("two")])})
    with open_case([str(tmp_path / "logs")]) as case:
        key = next(iter(case.marks.places.values()))
        rows = case.ask("SELECT user_agent FROM events WHERE event_key = $k", {"k": key}).rows
        assert rows == [("two",)]


def test_a_journal_cut_off_by_a_crash_keeps_what_is_whole(evidence: Path, tmp_path: Path) -> None:
    journal = tmp_path / "j"
    with open_case([str(evidence)], case_file=tmp_path / "c.case") as case:
        mark(case, "push-1")
        journal.write_text(journal_beside(case.path).read_text() + '{"id": "cut')
        again = Marks(journal)
        assert len(again) == 1
        assert again.broken_lines == 1
        again.remove(again.all[0].key)
        assert len(Marks(journal)) == 0


def test_a_record_that_was_changed_after_it_was_marked_is_told(
    evidence: Path, tmp_path: Path
) -> None:
    file = tmp_path / "c.case"
    with open_case([str(evidence)], case_file=file) as case:
        mark(case, "push-1")
    shutil.rmtree(evidence)
    with duckdb.connect(str(file)) as opened:
        opened.execute("UPDATE mark_entries SET entry = replace(entry, 'team/api', 'team/web')")
    with open_case([], case_file=file) as case:
        event = case.ask("SELECT file_id, position FROM events WHERE event_id = 'push-1'").rows[0]
        assert raw_record(case, *event).kept.startswith("CHANGED since it was marked")


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "{}",
        "null",
        '{"action": "mark"}',
        '{"id": 1, "time": "never", "author": "", "action": "mark", "mark": ""}',
        '{"id": "1", "time": 5, "author": "", "action": "mark", "mark": ""}',
        '{"id": "1", "time": "2026-03-02T10:00:00", "author": "", "action": "run", "mark": ""}',
        '{"id": "1", "time": "2026-03-02T10:00:00", "author": "", "action": "mark", "mark": "",'
        ' "records": [5]}',
        '{"id": "1", "time": "2026-03-02T10:00:00", "author": "", "action": "mark", "mark": "",'
        ' "subject": [1]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_step_of_ours_is_passed_over(tmp_path: Path, line: str) -> None:
    journal = tmp_path / "j"
    journal.write_text(f"{line}\n", encoding="utf-8")
    marks = Marks(journal)
    assert len(marks) == 0
    assert marks.broken_lines + len(marks.entries) <= 1
