"""What nobody expected: one sentence for the user, and a report beside it for whoever mends it.

A defect of the program must not end a session with a traceback, let alone leave a screen waiting,
and it must not be hushed up either. The report says where in the program it happened, never what
the variables held: it may still quote text of the evidence, so it stays on this machine, readable
by its owner only, and nothing sends it anywhere.
"""

from __future__ import annotations

import os
import platform
import traceback
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from queries.errors import InvestigationError
from queries.folders import cache_folder
from queries.safe_text import safe_text

KEPT = 20
"""Reports; the oldest go when there are more."""

FOLDER = "reports-of-defects"
_ROOT = Path(__file__).resolve().parent.parent
_OURS = ("queries", "samples", "tui")


REPORTS = {"kept": True}
"""Whether reports are written: not by a run that is to leave nothing behind."""


def in_a_sentence(error: BaseException) -> str:
    """What to tell the user of any error.

    Those of our own, of DuckDB and of the system say what is wrong with the evidence, the disk or
    the memory. For the others a report is written, and its path is told.
    """
    if isinstance(error, InvestigationError):
        return str(error)
    if isinstance(error, duckdb.Error | OSError) and str(error):
        # What DuckDB would advise its own users to set comes after an empty line.
        return str(error).split("\n\n", 1)[0]
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; narrow it, or close other programs"
    what = f"the program has a defect: {_kind(error)} in {_place(error)}; no evidence was changed"
    report = _written(error) if REPORTS["kept"] else None
    if report is None:
        return f"{what}; its makers need this line"
    return f"{what}; its makers need {report} (read it first: it may quote the evidence)"


def _kind(error: BaseException) -> str:
    said = safe_text(str(error), 80)
    return f"{type(error).__name__} ({said})" if said else type(error).__name__


def _place(error: BaseException) -> str:
    """The innermost line of our own code."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in _OURS:
            return f"{path.relative_to(_ROOT).as_posix()}:{frame.lineno}"
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def _written(error: BaseException) -> Path | None:
    """A new report, or None where none can be written."""
    folder = cache_folder() / FOLDER
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(new, "w", encoding="utf-8") as report:
            report.write(_report(error))
        for old in sorted(folder.glob("*.txt"))[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return folder / name


def _report(error: BaseException) -> str:
    lines = [
        f"ecr-investigate {_version('ecr-investigate')}",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        *(f"{name} {_version(name)}" for name in ("duckdb", "textual", "rich", "boto3")),
        "",
    ]
    # No values of variables: these are the evidence, and whatever the environment holds.
    for block in traceback.format_exception(error):
        lines += [safe_text(line) for line in block.splitlines()]
    return "\n".join(lines) + "\n"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(version unknown)"
