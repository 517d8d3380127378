"""The program on a pseudo-terminal: every byte it writes is kept, and the terminal's modes too."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
"""Seconds after which a test gives up: a limit against hanging, nothing is measured by it."""

_PRIVATE_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_ON_BY_DEFAULT = {7, 25}  # wrap at the edge, show the cursor


class Session:
    """One run of the program."""

    def __init__(
        self,
        arguments: Sequence[str],
        size: tuple[int, int],
        cache: Path,
        more: Mapping[str, str],
        program: Sequence[str],
    ) -> None:
        self._master, slave = pty.openpty()
        self.slave = slave
        self.resize(*size)
        self.before = termios.tcgetattr(slave)
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("TMUX", "COLUMNS"))},
            "TERM": "xterm-256color",
            "XDG_CACHE_HOME": str(cache),
            **more,
        }
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            # Nothing else can make this the controlling terminal, which resizing needs.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        self._raw = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            self._raw += data

    @property
    def raw(self) -> bytes:
        return bytes(self._raw)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, data: bytes) -> None:
        os.write(self._master, data)

    def wait_for(self, *wanted: str | bytes, since: int = 0) -> int:
        """Wait until each of these was written; returns how much was written so far."""
        needles = [text if isinstance(text, bytes) else text.encode() for text in wanted]
        deadline = time.monotonic() + PATIENCE
        while not all(needle in self._raw[since:] for needle in needles):
            assert self.process.poll() is None, f"ended early: {self.raw[-3000:]!r}"
            assert time.monotonic() < deadline, f"never wrote {wanted}: {self.raw[-3000:]!r}"
            time.sleep(0.01)
        return len(self._raw)

    def press(self, data: bytes, *wanted: str | bytes) -> None:
        """Send keys, and wait for what they bring to the screen."""
        since = len(self._raw)
        self.send(data)
        self.wait_for(*wanted, since=since)

    def exit_code(self) -> int:
        code = self.process.wait(PATIENCE)
        time.sleep(0.05)  # what is still in the pseudo-terminal's buffer
        return code

    def modes_left_on(self) -> set[str]:
        """What is not as a shell expects it: private modes, the keyboard protocol, echo, lines."""
        state = dict.fromkeys(_ON_BY_DEFAULT, True)
        for numbers, switch in _PRIVATE_MODE.findall(self.raw):
            for number in numbers.split(b";"):
                state[int(number)] = switch == b"h"
        left = {f"?{n}" for n, on in state.items() if on != (n in _ON_BY_DEFAULT)}
        if len(re.findall(rb"\x1b\[>\d+u", self.raw)) != len(re.findall(rb"\x1b\[<u", self.raw)):
            left.add("keyboard protocol")
        now = termios.tcgetattr(self.slave)
        for name in ("ECHO", "ICANON", "ISIG"):
            if not now[3] & getattr(termios, name):
                left.add(name)
        if now[:4] != self.before[:4]:
            left.add("terminal attributes")
        return left

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.slave)
        os.close(self._master)


@contextmanager
def session(
    *arguments: str | Path,
    cache: Path,
    size: tuple[int, int] = (80, 24),
    more: Mapping[str, str] | None = None,
    program: Sequence[str] = ("-m", "tui.cli"),
) -> Iterator[Session]:
    """The program in a terminal of its own, with more in its environment; it starts at the
    repositories."""
    given = ["--start", "repositories", *map(str, arguments)]
    running = Session(given, size, cache, more or {}, program)
    try:
        yield running
    finally:
        running.close()
