"""One cache for all tests of the interface: the sample incident is indexed once, then opened."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("interface-cache")


@pytest.fixture(autouse=True)
def own_cache(shared_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of an empty folder for each test; an index is found by what was read."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(shared_cache / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return shared_cache


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is not somebody who has waited long enough."""
    monkeypatch.setattr("tui.typed_ahead.PATIENCE", 60.0)
