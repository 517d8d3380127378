"""What was started for somebody ends with them."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

from queries.engines.guard import hold

STARTS = """
import subprocess, sys, time
from pathlib import Path
from queries.engines.guard import Guard

server = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
Guard(server.pid, Path(sys.argv[1]))
print("guarded", flush=True)
time.sleep(600)
"""
ROOT = Path(__file__).resolve().parents[2]


def started(pipe: Path) -> subprocess.Popen[bytes]:
    """Somebody who has started a server; it shares their standard output."""
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTS, str(pipe)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == b"guarded\n"
    return starter


def test_a_server_ends_when_who_started_it_is_killed(tmp_path: Path) -> None:
    with started(tmp_path / "pipe") as starter:
        starter.kill()
        # At its end when nobody is left who could write there.
        assert starter.communicate()[0] == b""


def test_a_server_stays_for_who_else_holds_it(tmp_path: Path) -> None:
    with started(tmp_path / "pipe") as starter:
        assert starter.stdout is not None
        held = hold(tmp_path / "pipe")
        starter.kill()
        starter.wait()
        assert select.select([starter.stdout], [], [], 0.5)[0] == [], "it ended"
        os.close(held)
        assert starter.stdout.read() == b""
