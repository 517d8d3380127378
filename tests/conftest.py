"""What every test shares: a cache of its own, so that no test meets or leaves an index at home; and
a garbage collector that does not look through thousands of tests and modules again and again."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from queries.unexpected import FOLDER, REPORTS

# What the caller's terminal is like decides nothing here. (A process of pytest-xdist has these.)
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

# What is collected and imported stays until the end: looking for garbage in it, again with each new
# test file, takes half of the time of collecting and a tenth of many a test.
gc.set_threshold(100_000, 100, 100)


def pytest_collection_finish() -> None:
    """From now on there is garbage: an app and its widgets, or a failed read, are cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


# The machine decides how fast an example is, so nothing is timed; examples are few because most
# of them build an index. `derandomize` would hide what a second run could find.
settings.register_profile(
    "project",
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("project")


@pytest.fixture(autouse=True)
def no_defects(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No report of a defect may be left."""
    monkeypatch.setitem(REPORTS, "kept", True)
    yield
    reports = [*(own_cache / "ecr-investigate" / FOLDER).glob("*")]
    met = [report.read_text() for report in reports]
    for report in reports:
        report.unlink()  # the tests of the interface share a folder
    assert not met, "\n".join(["a defect was met:", *met])


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder for each test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    return folder
