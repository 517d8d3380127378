"""The benchmarks' evidence is evidence; nothing here is timed."""

from pathlib import Path

import pytest

from queries.case import open_case
from tests.bench import bound
from tests.bench.generate import evidence_folder, generate
from tests.bench.growth import exponent
from tests.bench.kept import index_of
from tests.bench.peers.compare import questions


def test_generated_evidence_is_read_to_the_last_event(tmp_path: Path) -> None:
    files = generate(tmp_path, 2_000)

    assert len(files) == 1
    with open_case([str(evidence_folder(tmp_path, 2_000))], use_cache=False) as case:
        assert case.totals["events"] == 2_000
        assert case.totals["raw_records"] == 2_000
        lanes = case.ask("SELECT DISTINCT lane FROM files").rows
    assert lanes == [("fast",)]


def test_the_least_that_reading_can_take_makes_the_same_index(tmp_path: Path) -> None:
    generate(tmp_path, 2_000)
    kept = index_of(tmp_path, 2_000)
    with open_case([], case_file=kept) as case:
        totals = case.totals

    found = bound.read(evidence_folder(tmp_path, 2_000), kept)

    assert (found["events"], found["pushes"]) == (totals["events"], totals["pushes"])


def test_the_exponent_says_how_something_grows() -> None:
    sizes = (1_000, 10_000, 100_000)
    assert exponent({size: 3.0 * size for size in sizes}) == pytest.approx(1)
    assert exponent(dict.fromkeys(sizes, 7.0)) == pytest.approx(0)
    assert exponent({size: size**0.5 for size in sizes}) == pytest.approx(0.5)


def test_the_questions_for_other_programs_are_answered_by_ours(tmp_path: Path) -> None:
    files = generate(tmp_path, 2_000)
    with open_case([str(evidence_folder(tmp_path, 2_000))], use_cache=False) as case:
        for name, sql in questions(files).items():
            assert case.ask(sql).rows, name
