"""What one more file costs when an index of the same evidence is there: run by hand.

    python -m tests.bench.reopening [--events 400000]

Builds a case over a generated trail without its last file, opens it again with that file, and once
more with nothing new; each in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.generate import evidence_folder, generate
from tests.bench.measure import machine, run_child

_OPEN = """
import sys
from pathlib import Path
from queries.case import open_case
from queries.progress import Progress
import queries.index.build as build
import time
derive, spent = build.derive, [0.0]
def timed(*given):
    begun = time.process_time()
    try:
        return derive(*given)
    finally:
        spent[0] += time.process_time() - begun
build.derive = timed
progress = Progress()
with open_case([sys.argv[1]], case_file=Path(sys.argv[2]), progress=progress) as case:
    print(f"{progress.files_total} files read, {case.totals['events']:,} events,"
          f" {spent[0]:.1f} s for what is made from all events")
"""


def main() -> int:
    """Measure, print three lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument(
        "--data", default=str(Path(tempfile.gettempdir()) / "ecr-investigate-bench")
    )
    options = parser.parse_args()
    data = Path(options.data)
    files = sorted(generate(data, options.events))
    whole = evidence_folder(data, options.events)
    print(f"machine: {machine()}")
    with tempfile.TemporaryDirectory(prefix="bench-growth-") as name:
        logs, case = Path(name, "logs"), str(Path(name, "case.duckdb"))
        for path in files[:-1]:
            _link(path, logs / path.relative_to(whole))
        for step in ("built", "one file more", "nothing new"):
            if step == "one file more":
                _link(files[-1], logs / files[-1].relative_to(whole))
            run = run_child([sys.executable, "-c", _OPEN, str(logs), case])
            print(
                f"{step:<14} {run.seconds:.1f} s, {run.cpu_seconds:.1f} s of CPU,"
                f" {run.peak_mib:.0f} MiB; {run.output.strip()}"
            )
    return 0


def _link(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.symlink(path, target)


if __name__ == "__main__":
    sys.exit(main())
