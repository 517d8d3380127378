"""Long work is stopped at any moment."""

from __future__ import annotations

import signal

from queries.progress import CancelToken


class Running:
    """A statement that somebody at the keyboard stops just when it is told to stop."""

    def __init__(self) -> None:
        self.interrupted = 0

    def interrupt(self) -> None:
        self.interrupted += 1
        if self.interrupted == 1:
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_in_the_middle_of_stopping_waits_for_nothing() -> None:
    token, statement = CancelToken(), Running()
    former = signal.signal(signal.SIGINT, lambda *_: token.cancel())
    try:
        token.watch(statement)
        token.cancel()
    finally:
        token.release(statement)
        signal.signal(signal.SIGINT, former)
    assert token.cancelled
    assert statement.interrupted >= 2
