"""Questions that many investigations begin with, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from queries.scope import Filters
from queries.times import moved


@dataclass(frozen=True, slots=True)
class Ready:
    """A question in words, and what narrows the events to its answer."""

    words: str
    act: str | None = None
    hours: int | None = None
    """Only so many hours before the last event of the evidence; None is all of it."""
    writes: bool = False
    failures: bool = False

    def filters(self, totals: dict[str, Any]) -> Filters:
        """As filters over a case with these totals."""
        last = totals["window"]["last"]
        since = None
        if self.hours is not None and last:
            ended = datetime.fromisoformat(last).replace(tzinfo=None)
            since = moved(ended, -timedelta(hours=self.hours))
        return Filters(since=since, act=self.act, writes=self.writes, failures=self.failures)


READY = (
    Ready("every delete in the last two hours of the evidence", "delete", hours=2),
    Ready("every delete", "delete"),
    Ready("every change in the last two hours of the evidence", hours=2, writes=True),
    Ready("console logins without MFA", "login-without-mfa"),
    Ready("console logins", "login"),
    Ready("failed console logins", "failed-login"),
    Ready("everything the root user did", "root"),
    Ready("credentials handed out: keys, passwords, sessions", "credential"),
    Ready("changes to users, roles and permissions", "identity-change"),
    Ready("changes to logging and detection", "logging-change"),
    Ready("secrets and parameters read", "secret-read"),
    Ready("everything denied or failed", failures=True),
)
