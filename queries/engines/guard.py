"""A server that was started here ends with those who use it, even if they are killed and could end
nothing themselves.

A process of its own waits until nobody holds a named pipe any more, and then ends the server. The
system lets go of the pipe for whoever dies. (Linux could tell the server that its parent died, but
macOS could not, and there it would be the thread that started it.)
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_WATCH = """
cat >/dev/null
kill "$0" || exit
for second in 1 2 3 4 5 6 7 8 9 10; do
    sleep 1
    kill -0 "$0" || exit
done
kill -9 "$0"
"""
"""Whoever does not end at a polite word is made to, as `LocalSpark.stop` does."""


class Guard:
    """Ends a process when nobody holds `pipe` any more; who makes it holds it."""

    def __init__(self, pid: int, pipe: Path) -> None:
        """`pipe`: where the named pipe is to lie, for others who `hold` it."""
        os.mkfifo(pipe, 0o600)
        # Opened for reading first, as nobody can write before; that alone must not wait.
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self._held = hold(pipe)
        os.set_blocking(reading, True)
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, str(pid)],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,  # Ctrl+C in a terminal is for who holds the pipe
        )
        os.close(reading)

    def dismiss(self) -> None:
        """Watch no longer: the server is ended by who started it."""
        self._process.kill()
        self._process.wait()
        os.close(self._held)


def hold(pipe: Path) -> int:
    """Keep a guarded process alive until the descriptor is closed, or this process is gone."""
    return os.open(pipe, os.O_WRONLY)
