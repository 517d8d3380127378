"""The same events in many small files and in few large ones: reading must not depend on it."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.generate import generate
from tests.bench.ingest import FLOOR, OURS, RECIPE, read_floor, read_ours, read_recipe
from tests.bench.measure import Series, run_child, table

SHAPES = {"many small files": 200, "as generated": 4_000, "few large files": 40_000}
"""Events in a file: 0.25, 5 and 50 MB of JSON (CloudTrail delivers no larger ones)."""
_WAYS = (FLOOR, OURS, RECIPE)


def packed(data: Path, events: int, in_file: int) -> Path:
    """A folder with the generated events, so many in each file; kept for the next time."""
    folder = data / f"shape-{events}-{in_file}"
    done = folder / "complete"
    if not done.exists():
        folder.mkdir(exist_ok=True)
        for number, records in enumerate(_batches(generate(data, events), in_file)):
            text = json.dumps({"Records": records}, separators=(",", ":"))
            name = f"111122223333_CloudTrail_us-east-1_20260302T0000Z_{number:08}.json.gz"
            (folder / name).write_bytes(gzip.compress(text.encode(), 6))
        done.touch()
    return folder


def _batches(files: list[Path], size: int) -> Iterator[list[Any]]:
    held: list[Any] = []
    for file in files:
        held += json.loads(gzip.decompress(file.read_bytes()))["Records"]
        while len(held) >= size:
            yield held[:size]
            held = held[size:]
    if held:
        yield held


def measure(data: Path, events: int, runs: int) -> dict[str, Any]:
    """The best of some runs of each way to read each shape."""
    found: dict[str, dict[str, Series]] = {}
    for shape, in_file in SHAPES.items():
        folder = packed(data, events, in_file)
        found[shape] = {way: Series() for way in _WAYS}
        for number in range(runs):
            for way in _WAYS if number % 2 == 0 else reversed(_WAYS):
                command = [sys.executable, "-m", "tests.bench.shapes", way, str(folder)]
                found[shape][way].runs.append(run_child(command))
    return {
        "events": events,
        "shapes": {
            shape: {
                way: {
                    "seconds": round(series.best, 2),
                    "cpu_seconds": round(series.cpu, 2),
                    "peak_mib": round(series.peak_mib),
                }
                for way, series in ways.items()
            }
            for shape, ways in found.items()
        },
    }


def report(found: dict[str, Any]) -> str:
    """A line for each shape and way, ratios first."""
    rows = []
    for shape, ways in found["shapes"].items():
        floor = ways[FLOOR]
        for way, facts in ways.items():
            rows.append(
                (
                    f"{shape} ({SHAPES[shape]:,} events each): {way}",
                    f"{facts['seconds'] / floor['seconds']:.2f}",
                    f"{facts['cpu_seconds'] / floor['cpu_seconds']:.2f}",
                    f"{facts['seconds']:.2f}",
                    f"{facts['cpu_seconds']:.2f}",
                    f"{facts['peak_mib']} MiB",
                )
            )
    headings = ("", "x floor", "x floor, CPU", "seconds", "CPU s", "peak")
    return f"{found['events']:,} events in files of other sizes\n" + table(headings, rows)


def main(way: str, folder: Path) -> None:
    """What a child does."""
    if way == OURS:
        facts = read_ours(folder)
    else:
        files = sorted(str(file) for file in folder.glob("*.gz"))
        facts = read_floor(files) if way == FLOOR else read_recipe(files)
    print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
