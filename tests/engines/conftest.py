"""One converted folder for all tests of engines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from queries.case import Case, open_case
from queries.convert import convert
from queries.progress import CancelToken, Progress
from samples import incident_path
from tests.engines.spark_server import shared_server, why_not


@pytest.fixture(scope="session")
def incident_case() -> Iterator[Case]:
    """The sample incident."""
    with open_case([str(incident_path())], use_cache=False) as case:
        yield case


@pytest.fixture(scope="session")
def converted_folder(incident_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, converted."""
    folder = tmp_path_factory.mktemp("engines") / "converted"
    convert(incident_case, folder, Progress(), CancelToken())
    return folder


@pytest.fixture(scope="session")
def spark_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Spark Connect server; tests that want it are skipped where Spark cannot run."""
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.getbasetemp()
    with shared_server(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) as address:
        yield address
