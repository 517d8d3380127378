"""One cache for all terminal tests, already holding the sample incident."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from queries.case import open_case
from samples import incident_path
from tests.evidence_files import at, record, write


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("terminal-cache")
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    try:
        open_case([str(incident_path())]).close()
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before
    return folder


@pytest.fixture(scope="session")
def much(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough to press a key before it is read."""
    folder = tmp_path_factory.mktemp("much") / "much"
    one = record("DescribeImages", at(0))
    for number in range(40):
        lines = [json.dumps({**one, "eventID": f"{number}-{line}"}) for line in range(1500)]
        write(folder, {f"{number:02}.ndjson": "\n".join(lines).encode()})
    return folder
