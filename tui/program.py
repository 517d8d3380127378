"""What the program is called, which version it is, and what its exit codes mean."""

from __future__ import annotations

PROGRAM = "ecr-investigate"

DONE, UNREADABLE, USAGE, STOPPED = 0, 1, 2, 130
EXIT_CODES = {
    DONE: "done",
    UNREADABLE: "nothing could be read, or evidence incomplete with --strict, or a defect",
    USAGE: "wrong usage",
    STOPPED: "stopped with Ctrl+C",
}


def program_version() -> str:
    """The version that is installed, or of the checkout it runs from."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "0 (not installed)"
