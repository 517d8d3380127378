"""Event ids are kept in little room, and say what stood in the record all the same."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from queries.case import Case
from queries.index.identifiers import by_uuid
from queries.question import ask_for
from tests.evidence_files import at, case_in_memory, record, rows, trail, write

PLAIN = "0a1b2c3d-0000-4000-8000-00000000abcd"
WRITTEN_OTHERWISE = (
    PLAIN.upper(),
    PLAIN.replace("-", ""),
    f"{{{PLAIN}}}",
    "0a1b2c3d0000-4000-8000-00000000abcd-",
    f"{PLAIN} ",
    "not an id",
    "ä" * 36,
)
"""What a lenient reader of UUIDs takes for `PLAIN`, and what is none at all."""


def _case(folder: Path, *ids: str) -> Case:
    records = [
        record("ListBuckets", at(minute), eventID=name, requestID=name, sharedEventID=f"{minute}")
        for minute, name in enumerate(ids)
    ]
    return case_in_memory(write(folder, {"trail.json": trail(records)}))


def _found(case: Case, name: str) -> list[str]:
    question = ask_for("event_by_id", event_id=name)
    keys = [row[0] for row in case.ask(question.sql, question.bound).rows]
    return [
        value
        for key in keys
        for (value,) in rows(case, "SELECT event_id FROM events WHERE event_key = $key", key=key)
    ]


def test_ids_are_what_the_records_say_and_found_by_just_that(tmp_path: Path) -> None:
    ids = (PLAIN, *WRITTEN_OTHERWISE)
    with _case(tmp_path, *ids) as case:
        said = rows(case, "SELECT event_id, request_id FROM events ORDER BY event_time")
        assert said == [(name, name) for name in ids]
        for name in ids:
            assert _found(case, name) == [name]
        assert _found(case, "0a1b2c3d-0000-4000-8000-00000000ffff") == []


def test_where_a_value_stands_counts_the_ids_that_are_written_so(tmp_path: Path) -> None:
    with _case(tmp_path, PLAIN, *WRITTEN_OTHERWISE) as case:
        for name in (PLAIN, PLAIN.upper()):
            question = ask_for("value_places", value=name)
            places = dict(case.ask(question.sql, question.bound).rows)
            assert {"event_id": places["event_id"], "request_id": places["request_id"]} == {
                "event_id": 1,
                "request_id": 1,
            }


def test_only_records_with_the_same_text_are_copies(tmp_path: Path) -> None:
    same = [record("ListBuckets", at(1), eventID=name) for name in (PLAIN, PLAIN.upper(), PLAIN)]
    with case_in_memory(write(tmp_path, {"trail.json": trail(same)})) as case:
        said = rows(case, "SELECT event_id, copies FROM events ORDER BY copies")
        assert said == [(PLAIN.upper(), 1), (PLAIN, 2)]


_SQL = "SELECT e.event_key FROM events AS e WHERE e.event_id = $event_id AND e.event_name = $name"


@settings(max_examples=50)
@given(st.uuids().map(str) | st.text(max_size=40))
@example(PLAIN.upper())
def test_a_statement_looks_for_an_id_in_one_stored_column(name: str) -> None:
    asked = by_uuid(_SQL, {"event_id": name, "name": "x"})
    try:
        canonical = str(UUID(name)) == name
    except ValueError:
        canonical = False
    assert ("e.event_id_uuid = CAST($event_id AS UUID)" in asked) is canonical
    assert ("e.event_id_text = $event_id" in asked) is not canonical
    assert asked.endswith(" AND e.event_name = $name")


def test_an_event_shows_all_its_columns_and_none_of_how_they_are_kept(tmp_path: Path) -> None:
    with _case(tmp_path, PLAIN) as case:
        [key] = rows(case, "SELECT event_key FROM events")[0]
        question = ask_for("event", event_key=key)
        answer = case.ask(question.sql, question.bound)
        columns = case.ask("SELECT * FROM events").columns
        kept = [name for name in columns if name.endswith(("_uuid", "_id_text"))]
        assert set(answer.columns) >= set(columns) - set(kept)
        assert set(answer.columns).isdisjoint(kept)
        assert answer.dicts()[0]["event_id"] == PLAIN
