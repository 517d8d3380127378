"""What is made from the few events that are chosen for it is what is made from all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from queries.case import Case, open_case
from queries.converted.layout import OF_EVENTS, columns_of
from queries.database import connect, cursor_of
from queries.index.schema import create_tables
from queries.progress import Progress
from queries.trail.deriving import OF_ALL, WANTED, make_of
from samples import incident_path
from tests.evidence_files import EVE, at, record, trail, write

MADE = [name for name in (*OF_EVENTS, "sessions", "session_ancestors") if name != "copies"]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """The incident, with a call that somebody had a service make and one that names two images."""
    asked = {"eventSource": "cloudformation.amazonaws.com", "requestParameters": None}
    by_service = {"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"}
    images = {"repositoryName": "team/api", "imageIds": [{"imageTag": "a"}, {"imageTag": "b"}]}
    records = [
        record("UpdateStack", at(1), EVE, **asked),
        record("CreateBucket", at(2), userIdentity=by_service, requestParameters=None),
        record("BatchGetImage", at(3), requestParameters=images),
    ]
    more = write(tmp_path_factory.mktemp("more"), {"more.json": trail(records)})
    with open_case([str(incident_path()), str(more)], use_cache=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def made(case: Case) -> Iterator[tuple[Any, dict[str, Any]]]:
    """An index with what was made from the chosen events of it, and the totals."""
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (make spark)")
    cursor = cursor_of(case.connection)
    with connect() as here:
        create_tables(here)
        totals = make_of(
            lambda select: cursor.sql(select).to_arrow_table(), [WANTED], here, Progress()
        )
        yield here, totals
    cursor.close()


def test_most_of_them_are_not_needed(case: Case, made: tuple[Any, Any]) -> None:
    chosen = made[0].execute("SELECT count(*) FROM events").fetchall()[0][0]
    assert chosen < case.totals["events"] * 3 / 4  # and this is an incident of a registry


@pytest.mark.parametrize("relation", MADE)
def test_rows_are_the_same(relation: str, case: Case, made: tuple[Any, Any]) -> None:
    names = ", ".join(f'"{name}"' for name, _ in columns_of(relation))
    sql = f"SELECT {names} FROM {relation}"
    expected = case.ask(sql).rows
    assert sorted(made[0].execute(sql).fetchall(), key=str) == sorted(expected, key=str) != []


def test_totals_are_the_same(case: Case, made: tuple[Any, dict[str, Any]]) -> None:
    left = {"digests", "stopped", "notes", *OF_ALL}
    expected = {name: value for name, value in case.totals.items() if name not in left}
    assert {name: value for name, value in made[1].items() if name not in left} == expected
