"""What a child of the comparison does: load, ask each question some times, print it as JSON.

Runs in environments that have the other program and not what this one needs: it imports nothing
of that.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

RUNS = 7

Ask = Callable[[str], Sequence[Sequence[Any]]]
"""Takes the SQL of a question over `events`, gives its rows."""


def job() -> dict[str, Any]:
    """What the parent wrote for this child: `files`, `folder`, `questions`, `scratch`."""
    found: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    return found


def tell(load: Callable[[], Ask], questions: dict[str, str]) -> None:
    """Load, ask, and print seconds of the loading, and of each question the first and the median
    milliseconds, the number of rows and a checksum of them."""
    start = time.perf_counter()
    ask = load()
    told: dict[str, Any] = {"load_seconds": time.perf_counter() - start, "answers": {}}
    for name, sql in questions.items():
        times = []
        rows: Sequence[Sequence[Any]] = ()
        for _ in range(RUNS):
            start = time.perf_counter()
            rows = ask(sql)
            times.append((time.perf_counter() - start) * 1000)
        told["answers"][name] = {
            "first_ms": times[0],
            "median_ms": sorted(times)[RUNS // 2],
            "rows": len(rows),
            "checksum": _checksum(rows),
        }
    print(json.dumps(told))


def _checksum(rows: Sequence[Sequence[Any]]) -> str:
    text = "\n".join("\t".join(_plain(value) for value in row) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(value: Any) -> str:
    """Times as text, and nothing as nothing, whatever a program calls them."""
    if value is None:
        return ""
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return str(value)
