"""The real program in a real terminal multiplexer: walk, resize, leave."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from queries.engines.guard import Guard
from samples import incident_path
from tests.terminal.pty_session import PATIENCE, ROOT

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
]


NUMBERS = itertools.count()


class Tmux:
    """A server of our own with one shell in it."""

    def __init__(self, folder: Path) -> None:
        self._socket = f"ecr-test-{os.getpid()}-{next(NUMBERS)}"
        self._folder = folder
        self.run("new-session", "-d", "-x", "80", "-y", "24", "env PS1='ready> ' sh")
        self.run("set-option", "-g", "default-terminal", "tmux-256color")
        self.shows("ready>")

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, "-f", "/dev/null", *arguments],
            capture_output=True,
            text=True,
            check=True,
            env={**{k: v for k, v in os.environ.items() if k != "TMUX"}, "LC_ALL": "C.UTF-8"},
        )
        return done.stdout

    def keys(self, *names: str) -> None:
        for name in names:
            self.run("send-keys", name)

    def line(self, text: str) -> None:
        self.run("send-keys", "-l", text)
        self.run("send-keys", "Enter")

    @property
    def screen(self) -> str:
        return self.run("capture-pane", "-p")

    def until(self, true: Callable[[str], bool]) -> str:
        deadline = time.monotonic() + PATIENCE
        while not true(screen := self.screen):
            assert time.monotonic() < deadline, screen
            time.sleep(0.02)
        return screen

    def shows(self, *texts: str) -> str:
        return self.until(lambda screen: all(text in screen for text in texts))

    def resize(self, columns: int, rows: int) -> None:
        self.run("resize-window", "-x", str(columns), "-y", str(rows))

    def start(self, path: Path, cache: Path, first: str = "repositories") -> None:
        command = f"{sys.executable} -m tui.cli --start {first} {path}"
        self.line(f"cd {ROOT} && XDG_CACHE_HOME={cache} {command}; echo code $?")

    def is_back_at_the_shell(self, code: int = 0) -> None:
        self.shows(f"code {code}", "ready>")
        flags = "#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{bracketed_paste_flag}"
        on = self.run("display-message", "-p", flags).split()
        assert on[:3] == ["0", "0", "1"]
        self.line("clear; stty -a; echo fin''ished")  # the echoed command must not be taken for it
        settings = self.shows("finished").split()
        assert {"echo", "icanon", "isig"} <= set(settings)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    terminal = Tmux(tmp_path)
    guard = Guard(int(terminal.run("display-message", "-p", "#{pid}")), tmp_path / "in-use")
    try:
        yield terminal
    finally:
        guard.dismiss()
        terminal.run("kill-server")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_walk_in_a_real_terminal_and_leave_it_clean(
    size: tuple[int, int], tmux: Tmux, cache: Path
) -> None:
    tmux.resize(*size)
    tmux.start(incident_path(), cache)
    tmux.shows("Repositories", "team/api", "⏎ Pushes")
    tmux.keys("Enter")
    tmux.shows("Repositories › team/api", "tag is immutable")
    tmux.keys("/")
    tmux.shows("filter as you type")
    tmux.line("sam.sre")
    tmux.keys("Enter")
    tmux.shows("› prod", "22286464f0")
    tmux.keys("u")
    tmux.shows("› sam.sre", "AKIAURNFBJC6SEXAMPLE")
    tmux.keys("a")
    tmux.shows("activity: sam.sre", "PutImage")
    tmux.keys("Enter")
    tmux.shows("› record", '"eventVersion"')
    for expected in ("activity: sam.sre", "› sam.sre", "› prod", "Repositories › team/api"):
        tmux.keys("Escape")
        tmux.until(partial(stands_at, expected))
    tmux.keys("q")
    tmux.is_back_at_the_shell()


def test_resize_repaints_at_every_size(tmux: Tmux, cache: Path) -> None:
    tmux.start(incident_path(), cache)
    tmux.shows("Repositories", "team/api", "q Quit")
    assert "2 accounts" not in tmux.screen
    for columns, rows in ((120, 40), (200, 60), (80, 24), (40, 10), (80, 24)):
        tmux.resize(columns, rows)

        def painted(screen: str, columns: int = columns, rows: int = rows) -> bool:
            wide = "2 accounts" in screen.split("\n", 1)[0]
            return "q Quit" in last_line(screen, rows) and wide == (columns > 100)

        screen = tmux.until(painted)
        assert screen.split("\n")[1].strip() == "Repositories"
        assert "team/api" in screen
    tmux.keys("q")
    tmux.is_back_at_the_shell()


def stands_at(place: str, screen: str) -> bool:
    """Whether the breadcrumb ends so; beside it stands what hides rows."""
    return screen.split("\n")[1].partition("  only with ")[0].rstrip().endswith(place)


def last_line(screen: str, rows: int) -> str:
    """The lowest line of a screen with so many rows, or nothing if it has fewer."""
    lines = screen.split("\n")
    return lines[rows - 1] if len(lines) >= rows else ""


@pytest.mark.parametrize("keys", [["q"], ["C-c"], ["?", "C-c"], ["/", "x", "C-c"]])
def test_shell_is_usable_after_leaving(keys: list[str], tmux: Tmux, cache: Path) -> None:
    tmux.start(incident_path(), cache)
    tmux.shows("⏎ Pushes")
    tmux.keys(*keys)
    tmux.is_back_at_the_shell()


def test_findings_come_first_and_lead_to_the_record(tmux: Tmux, cache: Path) -> None:
    tmux.start(incident_path(), cache, "findings")
    tmux.shows("Findings", "critical", "sam.sre: 2", "⏎ Events")
    tmux.keys("Enter")
    tmux.shows("Findings › story 1", "PutImage")
    tmux.keys("Enter")
    tmux.shows("› record", '"eventVersion"')
    tmux.keys("Escape", "Escape")
    tmux.until(partial(stands_at, "Findings"))
    tmux.keys("q")
    tmux.is_back_at_the_shell()
