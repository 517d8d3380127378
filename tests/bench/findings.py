"""How long all rules take over invented evidence, and how much they find in several kinds."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from queries.case import open_case
from queries.findings.rules import SEVERITIES
from queries.findings.run import find
from queries.findings.settings import load_settings
from samples import incident_path
from tests.bench.generate import evidence_folder
from tests.bench.kept import index_of
from tests.bench.measure import table
from tests.evidence_files import SHARED, write
from tests.findings.normal_month import month

RUNS = 3


def measure(data: Path, events: int) -> dict[str, Any]:
    """Seconds for all rules over `events` events (the best of three, the case being open), and
    findings of each severity by evidence."""
    seconds, cpu_seconds, pushes = seconds_of(data, events)
    return {
        "events": events,
        "pushes": pushes,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "rates": [_rate(name, path) for name, path in _evidence()],
    }


def seconds_of(data: Path, events: int) -> tuple[list[float], list[float], int]:
    """Seconds and CPU seconds of each run of all rules, and the pushes they looked at."""
    index = index_of(data, events)
    seconds, cpu_seconds = [], []
    with open_case([str(evidence_folder(data, events))], case_file=index) as case:
        for _ in range(RUNS):
            settings = load_settings()
            start, cpu = time.monotonic(), time.process_time()
            find(case, settings).close()
            seconds.append(time.monotonic() - start)
            cpu_seconds.append(time.process_time() - cpu)
        return seconds, cpu_seconds, case.totals["pushes"]


def _evidence() -> list[tuple[str, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    write(folder, {"month.json.gz": month()})
    found = [("sample incident, 10 days", incident_path()), ("everyday traffic, 30 days", folder)]
    for name in ("invictus-aws_dataset", "stratus-red-team"):
        path = SHARED / "data" / name
        if path.exists():
            found.append((name, path))
    return found


def _rate(name: str, path: Path) -> dict[str, Any]:
    with open_case([str(path)], use_cache=False) as case:
        found = find(case, load_settings())
        counts = found.counts()
        found.close()
        return {
            "evidence": name,
            "events": case.totals["events"],
            "pushes": case.totals["pushes"],
            "counts": counts,
        }


def report(found: dict[str, Any]) -> str:
    """Two tables: the time, and findings in 100,000 events (and in all)."""
    best, worst = min(found["seconds"]), max(found["seconds"])
    said = (
        f"all rules over {found['events']:,} events with {found['pushes']:,} pushes:"
        f" {best:.2f} s (worst of {RUNS}: {worst:.2f} s), {min(found['cpu_seconds']):.2f} s CPU\n\n"
    )
    rows = [
        (
            rate["evidence"],
            f"{rate['events']:,}",
            f"{rate['pushes']:,}",
            *(
                f"{rate['counts'].get(name, 0) * 100_000 / rate['events']:,.0f}"
                f" ({rate['counts'].get(name, 0)})"
                for name in SEVERITIES
            ),
        )
        for rate in found["rates"]
    ]
    return said + table(("findings in 100,000 (in all)", "events", "pushes", *SEVERITIES), rows)
