"""`python -m tests.engines.several_machines`: Spark on several machines, by hand, never in CI.

A standalone master, three workers and two Connect servers (drivers), each in namespaces of its own
on a network that leads nowhere; they share one folder, which this machine knows by another name.
Machines are killed in the middle of what they do. It wants root, `make spark`, 8 GB of memory and
a quarter of an hour or more. Options are pytest's (`-k losses`); what is missing is said.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    asked = [
        "-o",
        "python_files=check_*.py",
        "-o",
        "timeout=1800",
        "-o",
        "faulthandler_timeout=0",
        "-v",
        "--durations=0",
    ]
    sys.exit(
        pytest.main([*asked, "-p", "no:cacheprovider", *sys.argv[1:], str(Path(__file__).parent)])
    )
