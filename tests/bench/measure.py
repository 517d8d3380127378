"""Time child processes, and print what came out as plain text."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Run:
    """One finished child process."""

    seconds: float
    cpu_seconds: float
    """User and system time. On a machine that others use it says more than the clock does."""
    peak_mib: float
    output: str = ""


@dataclass(slots=True)
class Series:
    """Runs of one command; the best counts, the rest say how noisy the machine was."""

    runs: list[Run] = field(default_factory=list)

    @property
    def best(self) -> float:
        return min(run.seconds for run in self.runs)

    @property
    def worst(self) -> float:
        return max(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        return min(run.cpu_seconds for run in self.runs)

    @property
    def peak_mib(self) -> float:
        return max(run.peak_mib for run in self.runs)


def run_child(command: Sequence[str]) -> Run:
    """Run a command in a fresh process, from start to end.

    Raises RuntimeError with what it said when it fails.
    """
    # wait4 gives the usage of this child (and of what it waited for) alone.
    read_end, write_end = os.pipe()
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=write_end, stderr=subprocess.STDOUT, cwd=ROOT)
    os.close(write_end)
    with os.fdopen(read_end, "r", errors="replace") as stream:
        output = stream.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command[0]} failed ({child.returncode}):\n{output[-2000:]}")
    # Linux counts in KiB, macOS in bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak = usage.ru_maxrss / unit
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak, output.strip())


def machine() -> str:
    """What it was measured on and with, and how busy that was with other things."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "textual", "boto3"))
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, {libraries}, load before the run {load}"
    )


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that can be read as text too; the first column left, the others right."""
    lines = [[cell.replace("|", "\\|") for cell in line] for line in (headings, *rows)]
    widths = [max(3, *(len(line[i]) for line in lines)) for i in range(len(headings))]
    rule = [
        "-" * width if not number else "-" * (width - 1) + ":"
        for number, width in enumerate(widths)
    ]
    return "\n".join(
        "| "
        + " | ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in (lines[0], rule, *lines[1:])
    )
