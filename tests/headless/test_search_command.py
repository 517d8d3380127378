"""`search`: hits on standard output, what was not searched on standard error."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from tests.evidence_files import at, record, trail, write
from tests.headless.test_commands import call

AGENT = "\x1b[31magent =cmd"


def evidence(folder: Path) -> Path:
    records = [record("DescribeImages", at(n), userAgent=f"{AGENT} {n}") for n in range(5)]
    write(folder, {"t.json": trail(records)})
    return folder


def test_hits_in_every_format(tmp_path: Path) -> None:
    place = evidence(tmp_path)
    done = call("search", "AGENT =cmd", place, "--format", "jsonl", "--limit", "3")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["position"] for row in rows] == [1, 2, 3]
    assert b"stopped at 3" in done.stderr
    done = call("search", r"agent =cmd [24]", "--regex", place, "--format", "csv")
    table = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert [row["position"] for row in table] == ["3", "5"]
    done = call("search", "agent =cmd 4", place, "--format", "raw")
    assert json.loads(done.stdout)["userAgent"] == f"{AGENT} 4"
    done = call("search", "agent", place)
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert b"5 hits in 5 records of 1 file" in done.stderr


def test_no_hit_is_no_failure_and_a_wrong_pattern_is_wrong_usage(tmp_path: Path) -> None:
    place = evidence(tmp_path)
    assert call("search", "nothing like it", place).returncode == 0
    assert call("search", "--regex", "(", place).returncode == 2
    assert call("search").returncode == 2
