"""Four questions of the screens, asked of other programs over the same files: how long it takes to
the first answer, and how long the next one takes once a program has loaded what it loads."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.bench.generate import evidence_folder, generate
from tests.bench.measure import ROOT, Run, run_child, table

OURS, RECIPE, CHDB, POLARS = "ours", "recipe", "chdb", "polars"
PEERS = {
    OURS: "this program, its whole index",
    RECIPE: "DuckDB, read_json_auto and a flat table",
    CHDB: "chDB, a MergeTree by time",
    POLARS: "Polars, a frame of ten columns in memory",
}
_SCRIPTS = {OURS: "ours", RECIPE: "recipe", CHDB: "clickhouse", POLARS: "frames"}
_INSTALLED = ("chdb", "polars", "duckdb")
_BESIDE = ("harlequin",)
"""Asked nothing here: how fast it starts is measured with the start-up."""


def questions(files: list[Path]) -> dict[str, str]:
    """The SQL of each question, about values that occur in the evidence; each program has the
    columns of `events` that it names. Its own quotes: nothing here comes from a user."""
    with gzip.open(files[len(files) // 2], "rt") as stream:
        records = json.load(stream)["Records"]
    keys = Counter(record["userIdentity"].get("accessKeyId") for record in records)
    key = next(name for name, _ in keys.most_common() if name)
    event = records[-1]["eventID"]
    return {
        "who pushed": "SELECT event_time, repository_name, image_tag, access_key_id,"
        " source_ip_address FROM events WHERE event_name = 'PutImage'"
        " ORDER BY event_time, event_id",
        "what else did they do": "SELECT event_time, event_name, source_ip_address FROM events"
        f" WHERE access_key_id = '{key}' ORDER BY event_time, event_id LIMIT 200",
        "who is there": "SELECT access_key_id, count(*) AS n, min(event_time) AS first_seen,"
        " max(event_time) AS last_seen FROM events WHERE access_key_id IS NOT NULL"
        " GROUP BY access_key_id ORDER BY n DESC, access_key_id",
        "one event": "SELECT event_time, event_name, access_key_id FROM events"
        f" WHERE event_id = '{event}'",
    }


def measure(data: Path, events: int, runs: int) -> dict[str, Any]:
    """Each program in a process of its own, in turns; of its runs the one that loaded fastest."""
    files = generate(data, events)
    asked = questions(files)
    python = _environment(data)
    best: dict[str, dict[str, Any]] = {}
    skipped: dict[str, str] = {}
    for number in range(runs):
        for name in list(PEERS) if number % 2 == 0 else list(reversed(PEERS)):
            if name in skipped:
                continue
            try:
                told = _run(name, python, files, evidence_folder(data, events), asked)
            except (RuntimeError, OSError, ValueError) as error:
                skipped[name] = str(error).strip().splitlines()[-1]
                continue
            if name not in best or told["load_seconds"] < best[name]["load_seconds"]:
                best[name] = told
    return {
        "events": events,
        "versions": _versions(python),
        "questions": list(asked),
        "peers": best,
        "skipped": skipped,
        "disagree": _disagreements(best, asked),
    }


def _run(
    name: str, python: str, files: list[Path], folder: Path, asked: dict[str, str]
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        links = Path(scratch) / "files"
        links.mkdir()
        for number, file in enumerate(files):  # one folder, for who takes only that
            (links / f"{number}.json.gz").symlink_to(file.resolve())
        job = Path(scratch) / "job.json"
        job.write_text(
            json.dumps(
                {
                    "files": [str(file) for file in files],
                    "links": [str(link) for link in links.iterdir()],
                    "folder": str(folder),
                    "questions": asked,
                    "scratch": scratch,
                }
            )
        )
        program = sys.executable if name == OURS else python
        run = run_child([program, "-m", f"tests.bench.peers.{_SCRIPTS[name]}", str(job)])
        return _told(run)


def _told(run: Run) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run.output.splitlines()[-1])
    return {**told, "peak_mib": round(run.peak_mib), "cpu_seconds": round(run.cpu_seconds, 2)}


def _environment(data: Path) -> str:
    """Python of an environment that has the other programs and not this one."""
    folder = data / "peers"
    python = folder / "bin" / "python"
    if not python.exists():
        run_child([sys.executable, "-m", "venv", str(folder)])
        run_child([str(python), "-m", "pip", "install", "-q", *_INSTALLED, *_BESIDE])
    return str(python)


def _versions(python: str) -> dict[str, str]:
    said = subprocess.run(
        [python, "-m", "pip", "list", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    ).stdout
    return {e["name"]: e["version"] for e in json.loads(said) if e["name"] in _INSTALLED}


def _disagreements(best: dict[str, dict[str, Any]], asked: dict[str, str]) -> list[str]:
    """Questions that not all answered alike: then the times compare nothing."""
    said = []
    for name in asked:
        sums = {peer: told["answers"][name]["checksum"] for peer, told in best.items()}
        if len(set(sums.values())) > 1:
            rows = {peer: told["answers"][name]["rows"] for peer, told in best.items()}
            said.append(f"{name}: rows {rows}, checksums {sums}")
    return said


def report(found: dict[str, Any]) -> str:
    """Ratios first: how many times as long as ours."""
    peers: dict[str, dict[str, Any]] = found["peers"]
    ours = peers.get(OURS)
    rows = []
    for name, told in peers.items():
        first = told["load_seconds"] + told["answers"][found["questions"][0]]["first_ms"] / 1000
        cells = [f"{name}: {PEERS[name]}", f"{first:.1f}"]
        for question in found["questions"]:
            spent = told["answers"][question]["median_ms"]
            ratio = spent / ours["answers"][question]["median_ms"] if ours else 0
            cells.append(f"{spent:.1f} ({ratio:.1f}x)")
        rows.append((*cells, f"{told['cpu_seconds']:.1f}", f"{told['peak_mib']:,} MiB"))
    headings = (
        "",
        "first answer, s",
        *(f"{name}, ms" for name in found["questions"]),
        "CPU s",
        "peak",
    )
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    lines = [
        f"The same questions over {found['events']:,} events, from the raw files and then again"
        f" ({versions}; in brackets: times of ours)",
        table(headings, rows),
    ]
    lines += [f"not measured: {name} ({why})" for name, why in found["skipped"].items()]
    lines += [f"NOT THE SAME ANSWER: {said}" for said in found["disagree"]]
    return "\n".join(lines)
