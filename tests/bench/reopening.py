"""What more files cost when an index of the same evidence is there: run by hand.

    python -m tests.bench.reopening [--events 400000] [--files 1]

Builds a case over a generated trail without its last files, opens it again with them, and once more
with nothing new; and builds a case of these files alone, which is what growing should cost. Each in
a process of its own.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.generate import evidence_folder, generate
from tests.bench.measure import Run, machine, run_child

_OPEN = """
import sys
from pathlib import Path
from queries.case import open_case
import queries.index.build as build
import time
spent = {"read": 0.0, "made": 0.0}
def timed(function, what):
    def measured(*given, **named):
        begun = time.process_time()
        try:
            return function(*given, **named)
        finally:
            spent[what] += time.process_time() - begun
    return measured
build.load_items = timed(build.load_items, "read")
build.derive = timed(build.derive, "made")
build.keep_up = timed(build.keep_up, "made")
with open_case([sys.argv[1]], case_file=Path(sys.argv[2])) as case:
    size = Path(sys.argv[2]).stat().st_size / (1 << 20)
    print(f"{case.totals['events']:,} events, {size:.0f} MiB, {spent['read']:.1f} s for reading,"
          f" {spent['made']:.1f} s for what is made from the events")
"""


def main() -> int:
    """Measure, print four lines and what they come to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--files", type=int, default=1)
    parser.add_argument(
        "--data", default=str(Path(tempfile.gettempdir()) / "ecr-investigate-bench")
    )
    options = parser.parse_args()
    data = Path(options.data)
    # In the order of delivery: what is added is the end of the evidence.
    files = sorted(generate(data, options.events), key=lambda path: path.name.split("_")[3])
    before, more = files[: -options.files], files[-options.files :]
    whole = evidence_folder(data, options.events)
    print(f"machine: {machine()}")
    with tempfile.TemporaryDirectory(prefix="bench-growth-") as name:
        logs, alone = Path(name, "logs"), Path(name, "alone")
        case = Path(name, "case.duckdb")
        _link(before, whole, logs)
        _link(more, whole, alone)
        built = _measure("built", logs, case)
        _link(more, whole, logs)
        grown = _measure(f"{len(more)} more files", logs, case)
        nothing = _measure("nothing new", logs, case)
        part = _measure("these alone", alone, Path(name, "alone.duckdb"))
    print(
        f"growing took {grown.cpu_seconds - nothing.cpu_seconds:.1f} s of CPU beyond opening,"
        f" a case of these files alone {part.cpu_seconds - nothing.cpu_seconds:.1f} s,"
        f" everything {built.cpu_seconds - nothing.cpu_seconds:.1f} s"
    )
    return 0


def _measure(step: str, logs: Path, case: Path) -> Run:
    run = run_child([sys.executable, "-c", _OPEN, str(logs), str(case)])
    print(
        f"{step:<14} {run.seconds:.1f} s, {run.cpu_seconds:.1f} s of CPU,"
        f" {run.peak_mib:.0f} MiB; {run.output.strip()}"
    )
    return run


def _link(paths: list[Path], whole: Path, logs: Path) -> None:
    for path in paths:
        target = logs / path.relative_to(whole)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(path, target)


if __name__ == "__main__":
    sys.exit(main())
