"""How far the statements of a session are, and whether any machine works on them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from queries.engines.base import Doing

PATIENCE = 600.0
"""Seconds that tasks may wait with none of them at work. A cluster that grows on demand takes some
minutes for that; Spark itself waits for ever."""
_WORTH_SAYING = 5.0


@dataclass(frozen=True, slots=True)
class _Idle:
    said: str
    since: float
    timer: threading.Timer


class Tasks:
    """What a session's progress handler hears. Safe to use from several threads."""

    def __init__(self, give_up: Callable[[str], object]) -> None:
        """`give_up` is called, on a thread of its own, with a statement that nobody works on."""
        self._give_up = give_up
        self._doing = Doing()
        self._idle: dict[str, _Idle] = {}
        self._lock = threading.Lock()
        self.given_up = ""
        """Why a statement was given up, in a sentence; empty when none was."""

    @property
    def words(self) -> str:
        """What the statement says that began first."""
        said = self._doing.words
        with self._lock:
            since = min((idle.since for idle in self._idle.values()), default=None)
        if not said or since is None or (waited := time.monotonic() - since) < _WORTH_SAYING:
            return said
        return f"{said}; no machine has taken one for {waited:,.0f} s"

    def heard(self, stages: Any, inflight_tasks: int, operation_id: str, done: bool) -> None:
        """Spark says how far a statement is, every two seconds."""
        if done or operation_id is None:
            self._doing.over(operation_id)
            self._at_work(operation_id)
            return
        tasks = sum(stage.num_tasks for stage in stages or ())
        ended = sum(stage.num_completed_tasks for stage in stages or ())
        read = sum(stage.num_bytes_read for stage in stages or ())
        said = f"spark: {ended:,} of {tasks:,} tasks"
        self._doing.say(operation_id, f"{said}, {read / (1 << 20):,.1f} MiB read")
        if ended < tasks and not inflight_tasks:
            self._waits(operation_id, said)
        else:
            self._at_work(operation_id)

    def close(self) -> None:
        """Nobody waits any more."""
        with self._lock:
            for idle in self._idle.values():
                idle.timer.cancel()
            self._idle.clear()

    def _at_work(self, operation_id: str) -> None:
        with self._lock:
            if idle := self._idle.pop(operation_id, None):
                idle.timer.cancel()

    def _waits(self, operation_id: str, said: str) -> None:
        with self._lock:
            before = self._idle.get(operation_id)
            if before and before.said == said:
                return  # the same again: it is said every two seconds
            if before:
                before.timer.cancel()
            timer = threading.Timer(PATIENCE, self._over, (operation_id, said))
            timer.daemon = True
            self._idle[operation_id] = _Idle(said, time.monotonic(), timer)
            timer.start()

    def _over(self, operation_id: str, said: str) -> None:
        self.given_up = (
            f"{said} are done, and no machine has taken one for {PATIENCE:,.0f} seconds: its"
            " workers are gone, or busy with others'; see to them, and do this again"
        )
        self._give_up(operation_id)
