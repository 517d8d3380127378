"""`python -m tests.bench`: run the benchmarks by hand, on a quiet machine."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import drilldown, findings, growth, ingest, kept, shapes, startup
from tests.bench.measure import machine
from tests.bench.peers import compare

SUITES = ("ingest", "shapes", "peers", "kept", "drilldown", "findings", "startup", "growth")


def main(arguments: list[str] | None = None) -> int:
    """Run the suites that were asked for and print their tables."""
    options = _parser().parse_args(arguments)
    chosen = frozenset(word for given in options.only for word in given.split(",") if word)
    suites = [suite for suite in SUITES if suite in chosen] or (
        ["ingest"] if chosen & set(ingest.WAYS) else list(SUITES)
    )
    ways = chosen & set(ingest.WAYS) or frozenset(ingest.WAYS)
    data = Path(options.data)
    data.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {"machine": machine()}
    print(f"machine: {found['machine']}\ndata: {data}\n", flush=True)
    run: dict[str, Callable[[], tuple[dict[str, Any], str]]] = {
        "ingest": lambda: _pair(
            ingest.measure(data, options.events, options.runs, ways), ingest.report
        ),
        "drilldown": lambda: _pair(drilldown.measure(data, options.events), drilldown.report),
        "findings": lambda: _pair(findings.measure(data, options.events), findings.report),
        "startup": lambda: _pair(startup.measure(data), startup.report),
        "peers": lambda: _pair(compare.measure(data, options.events, options.runs), compare.report),
        "shapes": lambda: _pair(shapes.measure(data, options.events, options.runs), shapes.report),
        "kept": lambda: _pair(kept.measure(data, options.events), kept.report),
        "growth": lambda: _pair(growth.measure(data, options.sizes), growth.report),
    }
    texts = [f"# Benchmarks\n\n{found['machine']}; {options.events:,} events\n"]
    for suite in suites:
        found[suite], text = run[suite]()
        texts.append(f"## {suite}\n\n{text.replace(chr(10), chr(10) * 2, 1)}\n")
        print(text + "\n", flush=True)
    if options.markdown:
        Path(options.markdown).write_text("\n".join(texts))
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=2) + "\n")
    return 0


def _pair(
    found: dict[str, Any], report: Callable[[dict[str, Any]], str]
) -> tuple[dict[str, Any], str]:
    return found, report(found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--events", type=int, default=400_000, help="how many (400_000)")
    parser.add_argument("--runs", type=int, default=3, help="of each way to read; the best counts")
    parser.add_argument(
        "--data",
        default=str(Path(tempfile.gettempdir()) / "ecr-investigate-bench"),
        help="folder that keeps the invented evidence for the next time (%(default)s)",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help=f"a suite ({', '.join(SUITES)}) or a way to read ({', '.join(ingest.WAYS)})",
    )
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(word) for word in text.split(",")],
        default=list(growth.SIZES),
        metavar="N,N,…",
        help="events of each size for growth (100_000,1_000_000)",
    )
    parser.add_argument("--markdown", metavar="FILE", help="write the tables there too")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
