"""What is worked on ahead comes in its order, is bounded, and ends with whoever asked for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from queries.ahead import ahead


def test_results_come_in_the_order_of_the_jobs_whichever_is_done_first() -> None:
    second = threading.Event()

    def work(job: int) -> int:
        if job == 0:
            assert second.wait(30)
        if job == 1:
            second.set()
        return job * job

    assert [(job, made.result()) for job, made in ahead(range(50), work, 2)] == [
        (job, job * job) for job in range(50)
    ]


def test_jobs_are_taken_only_as_they_are_needed() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for job in range(1_000):
            taken.append(job)
            yield job

    going = ahead(jobs(), abs, 2)
    next(going)
    assert len(taken) < 20
    going.close()
    assert len(taken) < 20


def test_what_one_job_raises_is_raised_where_its_result_is_asked_for() -> None:
    results = [made for _, made in ahead([1, 0, 2], lambda job: 6 // job, 2)]
    assert results[0].result() == 6
    with pytest.raises(ZeroDivisionError):
        results[1].result()
    assert results[2].result() == 3


def test_closing_leaves_no_thread_and_begins_nothing_more() -> None:
    begun: list[int] = []
    may_end = threading.Event()

    def work(job: int) -> None:
        begun.append(job)
        if job:
            assert may_end.wait(30)

    going = ahead(range(100), work, 1)
    next(going)[1].result()
    threading.Timer(0.1, may_end.set).start()
    going.close()
    assert begun in ([0], [0, 1])
    assert not [each for each in threading.enumerate() if each.name.startswith("ahead")]
