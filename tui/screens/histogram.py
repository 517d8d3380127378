"""The bars above a list of events: how many fall into each slice of time."""

from __future__ import annotations

from datetime import datetime, timedelta

from queries.case import Case
from queries.progress import CancelToken
from queries.scope import Filters, Scope, about
from queries.slices import slices
from queries.times import moved

Slices = tuple[datetime, datetime, list[int], list[int], int]
"""From, to, events and failures in each slice, and how many events have no time."""


def histogram(
    scope: Scope, filters: Filters, count: int, case: Case, cancel: CancelToken
) -> Slices | None:
    """Of a scope: its own first to last event in `count` slices, or fewer."""
    summary = about("activity_summary", scope, filters)
    found = case.ask(summary.sql, summary.bound, cancel).dicts()[0]
    first, last = found["first_second"], found["last_second"]
    if first is None:
        return None
    cut = slices(first, last, count)
    question = about("activity_by_slice", scope, filters, start=cut.start, width=cut.width)
    total, failed = [0] * cut.number, [0] * cut.number
    for slice_, events, failures in case.ask(question.sql, question.bound, cancel).rows:
        if 0 <= slice_ < cut.number:
            total[slice_] += events
            failed[slice_] += failures
    epoch = datetime(1970, 1, 1)  # naive UTC, as everywhere in the index
    start, end = (moved(epoch, timedelta(seconds=s)) for s in (cut.start, cut.end))
    return start, end, total, failed, max(0, found["events"] - sum(total))
