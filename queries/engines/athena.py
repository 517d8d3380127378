"""Amazon Athena over a converted folder in a bucket (docs/athena.md).

Never run on a real Athena: see there for what was done instead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from queries.athena.calls import Calls, State
from queries.athena.cost import Budget, dollars, size
from queries.athena.place import location, table_name
from queries.athena.spelling import spelled
from queries.case import Rows
from queries.engines.base import PAGE, Doing, Stop
from queries.engines.extent import Extent
from queries.errors import Cancelled, InvestigationError, WrongUsage
from queries.index.rows import as_text
from queries.progress import CancelToken

_FIRST_LOOK, _LONGEST_LOOK = 0.1, 1.0
"""Seconds between two looks at a running statement: soon for a quick one, and then less often."""


@dataclass(frozen=True, slots=True)
class AthenaOptions:
    """How Athena is asked. Credentials come from the standard chain."""

    database: str
    work_group: str = "primary"
    output: str | None = None
    """Where answers are written; None leaves it to the work group."""
    budget: Budget = field(default_factory=Budget)
    profile: str | None = None
    region: str | None = None

    def __post_init__(self) -> None:
        table_name(self.database, "the database")
        if self.output is not None:
            location(self.output)


class AthenaEngine:
    """Starts a statement, looks how it fares, stops it when it has read too much."""

    name = "athena"

    def __init__(self, options: AthenaOptions, extent: Extent) -> None:
        """Raises `WrongUsage` for an extent without its days, `InvestigationError` when Athena
        cannot be asked."""
        if extent.days is None:
            raise WrongUsage("Athena is paid for what it reads: say from which day to which")
        self.extent = extent
        self.options = options
        self.read = 0
        """Bytes that all statements have read."""
        self.spent = 0.0
        """US dollars that they cost, by the price that was given."""
        self._lock = threading.Lock()
        self._doing = Doing()
        self._calls = Calls(options.profile, options.region, options.database)
        group = self._calls.work_group(options.work_group)
        if options.output is None and not group.output:
            raise WrongUsage(
                f"the work group {options.work_group} does not say where answers are written:"
                " give --athena-output s3://bucket/prefix/"
            )
        elsewhere = options.output is not None and _folder(options.output) != _folder(group.output)
        if group.enforced and group.output and elsewhere:
            raise WrongUsage(
                f"the work group {options.work_group} writes its answers to {group.output} and"
                " takes no other place: leave out --athena-output"
            )
        self.limit = min(options.budget.limit, group.limit or options.budget.limit)

    @property
    def terms(self) -> str:
        """What a question may cost, before any is asked."""
        budget = self.options.budget
        return (
            f"Athena in {self._calls.region}, work group {self.options.work_group},"
            f" {self.extent.words}: each statement is stopped when it has read {size(self.limit)}"
            f" (${dollars(budget.cost(self.limit))} at ${dollars(budget.price)} a terabyte)"
        )

    @property
    def bill(self) -> str:
        """What was read and spent so far."""
        return f"read {size(self.read)}, ${dollars(self.spent)}"

    @property
    def doing(self) -> str:
        return self._doing.words

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
    ) -> Rows:
        columns: list[str] = []
        rows: list[tuple[Any, ...]] = []
        for page in self.pages(sql, parameters, cancel):
            columns = page.columns
            rows += page.rows
        return Rows(columns, rows)

    def pages(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
        size: int = PAGE,
    ) -> Iterator[Rows]:
        cancel = cancel or CancelToken()
        if cancel.cancelled:
            raise Cancelled("stopped")
        values = {name: as_text(value) for name, value in (parameters or {}).items()}
        sent = spelled(sql, values, self.options.database, self.extent)
        statement = self._calls.start(
            sent.sql, sent.values, self.options.work_group, self.options.output
        )
        stop = Stop(lambda: self._give_up(statement))
        cancel.watch(stop)
        try:
            self._wait(statement, cancel)
            yield from self._fetch(statement, cancel, size)
        finally:
            cancel.release(stop)
            self._doing.over(statement)

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def _give_up(self, statement: str) -> None:
        """Stop it; where even that is refused, waiting for it says what the matter is."""
        with suppress(InvestigationError):
            self._calls.stop(statement)

    def _wait(self, statement: str, cancel: CancelToken) -> None:
        began, pause = time.monotonic(), _FIRST_LOOK
        over_limit = False
        while True:
            state = self._calls.look(statement)
            if state.over:
                break
            self._doing.say(
                statement,
                f"Athena: {state.state.lower()} for {time.monotonic() - began:.0f} s,"
                f" read {size(state.read)}",
            )
            if state.read > self.limit and not over_limit:
                over_limit = True
                self._give_up(statement)
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_LOOK)
        self._count(state)
        if over_limit:
            raise InvestigationError(
                f"stopped: the question had read {self.options.budget.said(state.read)}, more than"
                f" the limit of {size(self.limit)}; narrow accounts, regions or days, or raise"
                " --athena-limit"
            )
        if state.state == "CANCELLED":
            if cancel.cancelled:
                raise Cancelled("stopped")
            raise InvestigationError(
                f"Athena stopped the question: {state.reason or 'it says not why'}"
            )
        if state.state == "FAILED":
            raise InvestigationError(f"Athena: {_reason(state.reason)}")

    def _count(self, state: State) -> None:
        with self._lock:
            self.read += state.read
            if state.state != "FAILED":
                self.spent += self.options.budget.cost(state.read)

    def _fetch(self, statement: str, cancel: CancelToken, size: int) -> Iterator[Rows]:
        columns: list[str] = []
        waiting: list[tuple[Any, ...]] = []
        given = False
        for columns, rows in self._calls.rows(statement):
            if cancel.cancelled:
                raise Cancelled("stopped")
            waiting += rows
            while len(waiting) >= size:
                yield Rows(columns, waiting[:size])
                given, waiting = True, waiting[size:]
        if waiting or not given:
            yield Rows(columns, waiting)


def _folder(address: str) -> str:
    return address.rstrip("/")


def _reason(said: str) -> str:
    """Why a statement failed, in one line; where a partition is missing, what to do."""
    text = " ".join(said.split()) or "the question failed, and it says not why"
    if "CONSTRAINT_VIOLATION" in text:
        return f"{text} (the table wants the account or region named: --account, --region)"
    return text
