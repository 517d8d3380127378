"""Several machines convert a trail into a folder that only they see, and answer from it."""

from __future__ import annotations

import json

import pytest

from queries.engines.duckdb import DuckDBEngine
from queries.engines.opening import open_engine_case
from queries.engines.spark import SparkEngine
from tests.engines.askings import Corpus, askings
from tests.engines.conversions import files_of, with_spark
from tests.engines.several_machines.cluster import Server
from tests.engines.several_machines.conftest import TRAIL, Here, Shared, choice
from tests.engines.test_spark import in_order
from tests.engines.trails import DAYS
from tui.cli import main

QUESTIONS = ("pushes", "repositories", "activity", "session_tree", "deployments")


def test_every_relation_is_that_of_a_conversion_here(
    server: Server, converted: Shared, here: Here
) -> None:
    here.assert_same(converted.here)
    tasks = server.tasks()
    print("tasks of each machine:", dict(tasks))
    assert len(tasks) == 3
    assert min(tasks.values()) > 20, "one machine has done it alone"


def test_what_was_converted_is_not_converted_again(
    server: Server, converted: Shared, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files_of(converted.here)
    capsys.readouterr()
    asked = ["convert", TRAIL, converted.there, *with_spark(server.address), "--format", "json"]
    assert main(asked) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["added"], done["partitions_written"]) == (0, 0)
    assert files_of(converted.here) == before


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions_over_a_converted_folder(
    name: str, server: Server, converted: Shared, here: Here
) -> None:
    engine = SparkEngine(server.address, converted.there, DAYS)
    one_machine = DuckDBEngine(here.folder, DAYS)
    for question in askings(name, Corpus.of(one_machine.ask), most=3):
        expected = one_machine.ask(question.sql, question.bound)
        assert in_order(engine.ask(question.sql, question.bound)) == in_order(expected)
    engine.close()
    one_machine.close()


def test_questions_over_a_trail(server: Server, evidence: object, here: Here) -> None:
    one_machine = DuckDBEngine(here.folder, DAYS)
    with open_engine_case(choice(server), whole=False) as case:
        for sql in OVER_A_TRAIL:
            found = in_order(case.ask(sql))
            assert found == in_order(one_machine.ask(sql)), sql
            assert found
    one_machine.close()


OVER_A_TRAIL = (
    "SELECT event_id, event_time, event_name, principal, request_parameters FROM events",
    "SELECT repository, image_tags, image_digest, outcome, origin FROM pushes",
    "SELECT platform, deployed, image, outcome FROM deployments",
)
"""What does not depend on how keys are given out."""
