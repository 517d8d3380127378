"""Threads that look at what comes next while what came before is dealt with, in its order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

_WAITING = 4
"""Jobs of each thread that are done or under way before anybody asks for them: enough that a thread
is not idle while a slow one is dealt with."""


def ahead(
    jobs: Iterable[Job], work: Callable[[Job], Result], threads: int
) -> Generator[tuple[Job, Future[Result]], None, None]:
    """Each job with what `work` makes of it, in the order of the jobs. These are taken by whoever
    iterates. Closing it waits for the work that was begun and drops the rest."""
    waiting: deque[tuple[Job, Future[Result]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="ahead") as pool:
        try:
            for job in jobs:
                waiting.append((job, pool.submit(work, job)))
                if len(waiting) > _WAITING * threads:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            for _, result in waiting:
                result.cancel()
