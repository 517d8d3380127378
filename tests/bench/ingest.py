"""How long reading takes: ours against doing nothing, the published recipe, jq and trailscraper;
and how long it would take if parsing cost nothing.

Every run is a fresh process, and the ways take turns, so that a busy minute of the machine does
not fall on one of them alone.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.generate import evidence_folder, generate, kept_index
from tests.bench.measure import Run, Series, run_child, table

FLOOR, OURS, BOUND, RECIPE, JQ = "floor", "ours", "bound", "recipe", "jq"
TRAILSCRAPER = "trailscraper"
WAYS = (FLOOR, OURS, BOUND, RECIPE, JQ, TRAILSCRAPER)
KEPT = "kept"
"""Ours, and the index stays for the questions."""
EXPLAINED = {
    FLOOR: "DuckDB reads the bytes and does nothing",
    OURS: "open_case, the whole index",
    BOUND: "ours, but for parsing and judging records",
    RECIPE: "read_json_auto, unnest, a flat table",
    JQ: "jq, the same columns as TSV",
    TRAILSCRAPER: "trailscraper select, scaled from a tenth",
}
_TENTH = 10
_JQ = (
    ".Records[] | [.eventTime, .eventID, .eventSource, .eventName, .awsRegion, .sourceIPAddress,"
    " .userAgent, .errorCode, .errorMessage, .userIdentity.type, .userIdentity.arn,"
    " .userIdentity.accountId, .userIdentity.accessKeyId, .recipientAccountId, .requestID,"
    " (.readOnly | tostring), (.requestParameters | tostring), (.responseElements | tostring)]"
    " | @tsv"
)


def measure(data: Path, events: int, runs: int, only: frozenset[str]) -> dict[str, Any]:
    """Best of `runs` for each way, as plain data."""
    files = generate(data, events)
    stored = sum(file.stat().st_size for file in files)
    series = {way: Series() for way in WAYS if way in only}
    skipped: dict[str, str] = {}
    if BOUND in series:
        from tests.bench.kept import index_of

        index_of(data, events)  # whose rows it writes
    for number in range(runs):
        order = list(series) if number % 2 == 0 else list(reversed(series))
        for way in order:
            if way in skipped:
                continue
            try:
                series[way].runs.append(_run(way, data, events))
            except (RuntimeError, OSError) as error:
                skipped[way] = str(error).splitlines()[0]
    return {
        "events": events,
        "files": len(files),
        "stored_mib": round(stored / (1 << 20), 1),
        "skipped": skipped,
        "ways": {way: _facts(found) for way, found in series.items() if found.runs},
    }


def _facts(series: Series) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "seconds": round(series.best, 2),
        "worst_seconds": round(series.worst, 2),
        "cpu_seconds": round(series.cpu, 2),
        "peak_mib": round(series.peak_mib),
    }
    with contextlib.suppress(ValueError, IndexError, TypeError):
        facts.update(json.loads(series.runs[0].output.splitlines()[-1]))
    return facts


def report(found: dict[str, Any]) -> str:
    """The table: ratios first."""
    ways: dict[str, dict[str, Any]] = found["ways"]
    rows = []
    for way, facts in ways.items():
        rows.append(
            (
                f"{way}: {EXPLAINED[way]}",
                _ratio(facts, ways.get(FLOOR), "seconds"),
                _ratio(facts, ways.get(RECIPE), "seconds"),
                _ratio(facts, ways.get(FLOOR), "cpu_seconds"),
                f"{facts['seconds']:.2f}",
                f"{facts['worst_seconds']:.2f}",
                f"{facts['cpu_seconds']:.2f}",
                f"{facts['peak_mib']} MiB",
                f"{facts['size_mib']:.0f} MiB" if "size_mib" in facts else "",
            )
        )
    headings = (
        "",
        "x floor",
        "x recipe",
        "x floor, CPU",
        "seconds",
        "worst",
        "CPU s",
        "peak",
        "result",
    )
    lines = [
        f"Reading {found['events']:,} events in {found['files']} gzip files"
        f" ({found['stored_mib']} MiB)",
        table(headings, rows),
    ]
    lines += [f"not measured: {way} ({reason})" for way, reason in found["skipped"].items()]
    return "\n".join(lines)


def _ratio(facts: dict[str, Any], base: dict[str, Any] | None, what: str) -> str:
    return f"{facts[what] / base[what]:.2f}" if base else ""


def _run(way: str, data: Path, events: int) -> Run:
    if way == TRAILSCRAPER:
        return _trailscraper(data, events)
    if way == JQ:
        return _jq(data, events)
    return run_child([sys.executable, "-m", "tests.bench.ingest", way, str(data), str(events)])


def _jq(data: Path, events: int) -> Run:
    """Two processes, so it uses both cores too."""
    if shutil.which("jq") is None:
        raise OSError("jq is not installed")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        names = Path(folder) / "names"
        names.write_bytes(b"\0".join(str(file).encode() for file in generate(data, events)))
        target = Path(folder) / "events.tsv"
        run = run_child(
            [
                "sh",
                "-c",
                f"xargs -0 gzip -dc < {shlex.quote(str(names))} | jq -r {shlex.quote(_JQ)}"
                f" > {shlex.quote(str(target))}",
            ]
        )
        run.output = json.dumps({"size_mib": target.stat().st_size / (1 << 20)})
    return run


def _trailscraper(data: Path, events: int) -> Run:
    """In an environment of its own, on every tenth file; the time is scaled, the memory is not."""
    program = data / "trailscraper" / "bin" / "trailscraper"
    if not program.exists():
        run_child([sys.executable, "-m", "venv", str(program.parents[1])])
        run_child([str(program.parent / "pip"), "install", "-q", "trailscraper", "setuptools<81"])
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        files = generate(data, events)
        few = files[::_TENTH]
        for file in few:
            (Path(folder) / file.name).symlink_to(file.resolve())
        target = Path(folder) / "selected.json"
        run = run_child(
            ["sh", "-c", f"{program} select --log-dir {folder} --from 2026-01-01 > {target}"]
        )
        selected = target.stat().st_size
    if selected < 1 << 20:
        raise RuntimeError(f"trailscraper selected next to nothing ({selected} bytes)")
    scale = len(files) / len(few)
    return Run(run.seconds * scale, run.cpu_seconds * scale, run.peak_mib)


def read_floor(files: list[str]) -> dict[str, Any]:
    import duckdb

    with duckdb.connect() as connection:
        row = connection.execute(
            "SELECT count(*), sum(length(json)) FROM read_json_objects($files,"
            " maximum_object_size = 268435456)",
            {"files": files},
        ).fetchone()
    return {"documents": row[0] if row else 0, "characters": row[1] if row else 0}


def read_recipe(files: list[str]) -> dict[str, Any]:
    """As people publish it: inference, a table of structs, then a flat table."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "recipe.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(
                "CREATE TEMP TABLE records AS SELECT unnest(Records) AS event"
                " FROM read_json_auto($files, maximum_object_size = 268435456)",
                {"files": files},
            )
            connection.execute(
                """
                CREATE TABLE events AS SELECT
                  event.eventTime, event.eventID, event.eventSource, event.eventName,
                  event.awsRegion, event.sourceIPAddress, event.userAgent, event.errorCode,
                  event.errorMessage, event.userIdentity.type AS identity_type,
                  event.userIdentity.arn AS identity_arn,
                  event.userIdentity.accountId AS account_id,
                  event.userIdentity.accessKeyId AS access_key_id,
                  event.recipientAccountId, event.requestID, event.readOnly,
                  event.requestParameters, event.responseElements
                FROM records
                """
            )
            row = connection.execute("SELECT count(*) FROM events").fetchone()
        return {"events": row[0] if row else 0, "size_mib": path.stat().st_size / (1 << 20)}


def read_ours(folder: Path, keep: Path | None = None) -> dict[str, Any]:
    """The whole index, made anew; it stays at `keep`, if that is given."""
    from queries.case import open_case

    if keep is not None:
        keep.unlink(missing_ok=True)
    with open_case([str(folder)], case_file=keep, use_cache=False) as case:
        size = case.path.stat().st_size / (1 << 20)
        return {"events": case.totals["events"], "size_mib": size}


def main(way: str, data: Path, events: int) -> None:
    """What a child process does; prints its facts as one line of JSON."""
    if way == OURS:
        facts = read_ours(evidence_folder(data, events))
    elif way == KEPT:
        facts = read_ours(evidence_folder(data, events), kept_index(data, events))
    elif way == BOUND:
        from tests.bench import bound

        facts = bound.read(evidence_folder(data, events), kept_index(data, events))
    else:
        files = [str(file) for file in generate(data, events)]
        facts = read_floor(files) if way == FLOOR else read_recipe(files)
    print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
