"""The first start of the demo in a real terminal: the tour comes once, and leaves little behind."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.pty_session import ROOT
from tests.terminal.test_tmux import Tmux

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
]


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    terminal = Tmux(tmp_path)
    try:
        yield terminal
    finally:
        terminal.run("kill-server")


def test_the_first_demo_offers_it_and_the_second_does_not(tmux: Tmux, tmp_path: Path) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    command = (
        f"cd {here} && env -u XDG_CONFIG_HOME -u XDG_CACHE_HOME -u XDG_DATA_HOME HOME={home}"
        f" PYTHONDONTWRITEBYTECODE=1 PYTHONPATH={ROOT} {sys.executable} -m tui.cli --demo"
    )
    tmux.line(f"{command}; echo code $?")
    tmux.shows("Tour 1 of 9", "space: on")
    tmux.keys("Space")
    tmux.shows("Tour 2 of 9")
    tmux.keys("Escape")
    tmux.until(lambda screen: "Tour 2 of 9" not in screen)
    tmux.keys("q")
    tmux.shows("code 0", "ready>")
    tmux.line("clear")
    tmux.line(f"{command}; echo code $?")
    tmux.shows("critical", "q Quit")
    assert "Tour" not in tmux.screen
    tmux.keys("q")
    tmux.shows("code 0", "ready>")
    written = {path.relative_to(home).parts[0] for path in home.rglob("*") if path.is_file()}
    assert written <= {".config", ".cache", "Library", "AppData"}
    assert not list(here.iterdir())
    assert not list((home / ".local").glob("**/*")) if (home / ".local").exists() else True
