"""How each thing grows with the size of the evidence: the exponent of a power law through the
sizes that were measured (1 is proportional, 0 does not grow)."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import drilldown, findings, kept
from tests.bench.generate import generate
from tests.bench.ingest import KEPT
from tests.bench.measure import run_child, table

SIZES = (100_000, 1_000_000)

_SHOWN = {
    "read_seconds": "reading, s",
    "read_cpu": "reading, CPU s",
    "peak_mib": "peak, MiB",
    "index_mib": "index, MiB",
    "reopen_seconds": "opening again, s",
    "record_ms": "raw record, ms",
    "search_seconds": "text search, s",
    "findings_seconds": "all rules, s",
    "question_ms": "questions, median ms",
    "question_p95_ms": "questions, 95th percentile ms",
}


def measure(data: Path, sizes: Sequence[int]) -> dict[str, Any]:
    """Each size once, the smallest first, in processes of their own."""
    return {"sizes": {size: _of_size(data, size) for size in sorted(sizes)}}


def _of_size(data: Path, events: int) -> dict[str, float]:
    generate(data, events)
    # From here, as a child begins with the greatest memory that its parent ever had.
    run = run_child([sys.executable, "-m", "tests.bench.ingest", KEPT, str(data), str(events)])
    asked = run_child([sys.executable, "-m", "tests.bench.growth", str(data), str(events)])
    return {
        "read_seconds": run.seconds,
        "read_cpu": run.cpu_seconds,
        "peak_mib": run.peak_mib,
        "index_mib": json.loads(run.output.splitlines()[-1])["size_mib"],
        **json.loads(asked.output.splitlines()[-1]),
    }


def _of_kept_index(data: Path, events: int) -> dict[str, float]:
    again = kept.measure(data, events)
    asked = sorted(entry["median_ms"] for entry in drilldown.measure(data, events)["questions"])
    return {
        **{name: again[name] for name in ("reopen_seconds", "record_ms", "search_seconds")},
        "findings_seconds": min(findings.seconds_of(data, events)[0]),
        "question_ms": asked[len(asked) // 2],
        "question_p95_ms": asked[math.ceil(len(asked) * 0.95) - 1],
    }


def exponent(values: Mapping[int, float]) -> float:
    """The slope of the straight line through the logarithms, by least squares."""
    points = [(math.log(size), math.log(max(value, 1e-9))) for size, value in values.items()]
    x0 = sum(x for x, _ in points) / len(points)
    y0 = sum(y for _, y in points) / len(points)
    return sum((x - x0) * (y - y0) for x, y in points) / sum((x - x0) ** 2 for x, _ in points)


def report(found: dict[str, Any]) -> str:
    """A line for each thing, a column for each size, and the exponent."""
    sizes: dict[int, dict[str, float]] = found["sizes"]
    rows = []
    for name, label in _SHOWN.items():
        values = {size: told[name] for size, told in sizes.items()}
        grown = f"{exponent(values):.2f}" if len(values) > 1 else ""
        rows.append((label, *(f"{value:,.2f}" for value in values.values()), grown))
    headings = ("", *(f"{size:,} events" for size in sizes), "exponent")
    return "How it grows\n" + table(headings, rows)


if __name__ == "__main__":
    print(json.dumps(_of_kept_index(Path(sys.argv[1]), int(sys.argv[2]))))
