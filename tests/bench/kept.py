"""What a kept index is good for: opening it again, the record behind an event, a text anywhere."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from queries.case import Case, open_case
from queries.errors import InvestigationError
from queries.needle import Needle
from queries.raw import raw_record
from queries.search import Search
from tests.bench.generate import evidence_folder, generate, kept_index
from tests.bench.measure import table

RUNS = 5
_RECORDS = 15
_EVERY_RECORD = "secretsmanager"
"""A text that a thousandth of the records has; each file holds it somewhere."""
_NOWHERE = "no-record-has-this-text"


def index_of(data: Path, events: int) -> Path:
    """The index of generated evidence, kept beside it; made when it is missing or another's."""
    generate(data, events)
    index = kept_index(data, events)
    folder = str(evidence_folder(data, events))
    try:
        open_case([folder], case_file=index).close()
    except InvestigationError:
        # Of another version, or of other data.
        index.unlink()
        open_case([folder], case_file=index).close()
    return index


def measure(data: Path, events: int) -> dict[str, Any]:
    """Seconds of each thing (the median), and bytes on disk."""
    index = index_of(data, events)
    folder = str(evidence_folder(data, events))
    stored = sum(file.stat().st_size for file in generate(data, events))
    opened = [_seconds(lambda: open_case([folder], case_file=index).close()) for _ in range(RUNS)]
    with open_case([folder], case_file=index) as case:
        size = index.stat().st_size
        spread = case.ask(
            "SELECT file_id, position FROM events ORDER BY hash(event_id) LIMIT $n", {"n": _RECORDS}
        ).rows
        records = [_seconds(lambda row=row: raw_record(case, *row)) for row in spread]  # type: ignore[misc]
        rare, found = _search(case, _NOWHERE)
        often, hits = _search(case, _EVERY_RECORD)
    assert found == 0
    return {
        "events": events,
        "stored_mib": round(stored / (1 << 20), 1),
        "index_mib": round(size / (1 << 20), 1),
        "index_of_gzip": round(size / stored, 2),
        "reopen_seconds": round(statistics.median(opened), 3),
        "record_ms": round(statistics.median(records) * 1000, 1),
        "search_seconds": round(rare, 2),
        "search_often_seconds": round(often, 2),
        "hits": hits,
    }


def _search(case: Case, text: str) -> tuple[float, int]:
    looked = Search(case, Needle(text))
    start = time.perf_counter()
    hits = sum(1 for _ in looked.hits())
    return time.perf_counter() - start, hits


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(found: dict[str, Any]) -> str:
    """One line for each thing."""
    per_event = found["search_seconds"] / found["events"] * 1e6
    rows = [
        ("opening the kept index", f"{found['reopen_seconds'] * 1000:.0f} ms"),
        ("the record behind an event, from its file", f"{found['record_ms']:.0f} ms"),
        (
            "a text that is nowhere, in all raw records",
            f"{found['search_seconds']:.1f} s ({per_event:.1f} µs for each record)",
        ),
        (
            f"a text with {found['hits']:,} hits, all of them",
            f"{found['search_often_seconds']:.1f} s",
        ),
        ("index", f"{found['index_mib']:.0f} MiB ({found['index_of_gzip']:.2f} of the gzip)"),
    ]
    return f"With a kept index of {found['events']:,} events\n" + table(("", "median"), rows)
