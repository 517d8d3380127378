"""The benchmarks' evidence is evidence; nothing here is timed."""

from pathlib import Path

from queries.case import open_case
from tests.bench.generate import evidence_folder, generate


def test_generated_evidence_is_read_to_the_last_event(tmp_path: Path) -> None:
    files = generate(tmp_path, 2_000)

    assert len(files) == 1
    with open_case([str(evidence_folder(tmp_path, 2_000))], use_cache=False) as case:
        assert case.totals["events"] == 2_000
        assert case.totals["raw_records"] == 2_000
        lanes = case.ask("SELECT DISTINCT lane FROM files").rows
    assert lanes == [("fast",)]
