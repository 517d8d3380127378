"""What is made from the events is made even when DuckDB's memory does not suffice at first."""

from __future__ import annotations

import pytest

from queries.index import rows
from queries.index.derived import derive
from queries.index.schema import clear_derived
from queries.progress import Progress
from samples import incident_path
from tests.evidence_files import TABLES, index_in_memory, table


def test_too_little_memory_is_made_more_and_the_tables_are_the_same() -> None:
    wanted = index_in_memory(incident_path())
    tight = index_in_memory(incident_path())
    clear_derived(tight)
    tight.execute("SET memory_limit = '8MB'")
    derive(tight, Progress())
    [(limit,)] = tight.execute(
        "SELECT parse_formatted_bytes(current_setting('memory_limit'))"
    ).fetchall()
    assert limit > 8_000_000, "the memory sufficed, so this shows nothing"
    for name in TABLES:
        assert table(tight, name) == table(wanted, name), name


def test_groups_that_are_made_a_part_at_a_time_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = index_in_memory(incident_path())
    monkeypatch.setattr(rows, "GROUPED_AT_ONCE", 500)
    in_parts = index_in_memory(incident_path())
    for name in TABLES:
        assert table(in_parts, name) == table(wanted, name), name
