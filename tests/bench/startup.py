"""From the start of the process to the first painted screen of the demo, and what imports cost."""

from __future__ import annotations

import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from tests.bench.measure import ROOT, table

RUNS = 5
_FIRST = "Reading"
"""On the screen that stands while the evidence is opened."""
_SEEN = "team/api"
"""Part of a repository's name in the sample incident."""
_LIMIT = 60.0
_MODULES = ("tui.cli", "tui.app", "queries.case", "duckdb", "textual.app", "isal.isal_zlib")


def measure(data: Path, runs: int = RUNS) -> dict[str, Any]:
    """Seconds to the first screen with a new index and with a kept one, and import times."""
    demo = [sys.executable, "-m", "tui.cli", "--demo"]
    with tempfile.TemporaryDirectory(prefix="bench-") as cache:
        first = [painted(demo, cache, _SEEN)]
        again = [painted(demo, cache, _SEEN) for _ in range(runs)]
        something = [painted(demo, cache, _FIRST) for _ in range(runs)]
        for _ in range(min(runs, 3) - 1):
            with tempfile.TemporaryDirectory(prefix="bench-") as empty:
                first.append(painted(demo, empty, _SEEN))
    return {
        "something": _spread(something),
        "harlequin": _harlequin(data, runs),
        "first_screen_new_index": _spread(first),
        "first_screen_kept_index": _spread(again),
        "version": _spread([_seconds("-m", "tui.cli", "--version") for _ in range(runs)]),
        "python_alone": _spread([_seconds("-c", "pass") for _ in range(runs)]),
        "imports": {
            name: _spread([_seconds("-c", f"import {name}") for _ in range(runs)])
            for name in _MODULES
        },
        "slowest_imports": slowest_imports("tui.app"),
    }


def report(found: dict[str, Any]) -> str:
    """Everything against the start of Python alone."""
    bare = found["python_alone"]["best"]
    rows = [
        (label, f"{spread['best'] / bare:.1f}", f"{spread['best']:.2f}", f"{spread['median']:.2f}")
        for label, spread in (
            ("Python alone", found["python_alone"]),
            ("ecr-investigate --version", found["version"]),
            ("something painted", found["something"]),
            ("first screen of the demo, kept index", found["first_screen_kept_index"]),
            ("first screen of the demo, new index", found["first_screen_new_index"]),
            *(
                [("Harlequin on a DuckDB file: its catalog", found["harlequin"])]
                if found["harlequin"]
                else []
            ),
            *((f"import {name}", spread) for name, spread in found["imports"].items()),
        )
    ]
    slowest = [(f"  {name}", f"{ms:.0f}") for name, ms in found["slowest_imports"].items()]
    return "\n".join(
        (
            "Start-up, whole processes",
            table(("", "x Python", "best s", "median s"), rows),
            "Slowest imports under tui.app (their own time, ms)",
            table(("", "ms"), slowest),
        )
    )


def slowest_imports(module: str, count: int = 10) -> dict[str, float]:
    """Modules by the milliseconds that they themselves cost when `module` is imported."""
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    ).stderr
    own: dict[str, float] = {}
    for line in said.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if len(parts) == 3 and parts[0].strip().isdigit():
            own[parts[2].strip()] = int(parts[0]) / 1000
    return dict(sorted(own.items(), key=lambda entry: -entry[1])[:count])


def _harlequin(data: Path, runs: int) -> dict[str, float] | None:
    """The SQL program for terminals, on a file with one table; None where it is not installed."""
    program = data / "peers" / "bin" / "harlequin"
    if not program.exists():
        return None
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "events.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute("CREATE TABLE pushed_images AS SELECT 1 AS one")
        command = [str(program), str(file)]
        return _spread([painted(command, folder, "events") for _ in range(runs)])


def _seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


def _spread(seconds: list[float]) -> dict[str, float]:
    return {"best": round(min(seconds), 3), "median": round(statistics.median(seconds), 3)}


def painted(command: list[str], cache: str, text: str) -> float:
    """Start a program on a pseudo-terminal and wait until it has painted a text."""
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        # As after an installation: compiled once, and not at every start.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.update(TERM="xterm-256color", XDG_CACHE_HOME=cache, COLUMNS="120", LINES="40")
        os.execv(command[0], command)
    _set_size(terminal)
    seen = b""
    try:
        while text.encode() not in seen:
            if time.perf_counter() - start > _LIMIT:
                raise RuntimeError(f"no {text!r} on the screen within {_LIMIT:.0f} s")
            if select.select([terminal], [], [], 0.05)[0]:
                seen += os.read(terminal, 1 << 16)
        return time.perf_counter() - start
    except OSError:
        said = seen[-1500:].decode(errors="replace")
        raise RuntimeError(f"the program ended before its first screen:\n{said}") from None
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(terminal)
        os.waitpid(pid, 0)


def _set_size(terminal: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
