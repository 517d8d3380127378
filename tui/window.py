"""The window of time that narrows every list, whatever screen it was brushed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from queries.question import Question
from tui.configuration.key_words import key_of
from tui.text import fmt_time


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` on, before `until`; naive UTC."""

    since: datetime
    until: datetime

    def narrow(self, question: Question) -> Question:
        """A question that takes times, within the window; others are left as they are."""
        if not {"since", "until"} <= question.statement.parameters:
            return question
        since, until = question.parameters.get("since"), question.parameters.get("until")
        return question.with_parameters(
            since=max(since, self.since) if since else self.since,
            until=min(until, self.until) if until else self.until,
        )

    @property
    def words(self) -> str:
        """For the header: short, with the key that takes it away."""
        seconds = self.until - self.since < timedelta(minutes=10)
        start, end = (fmt_time(t, seconds=seconds) for t in (self.since, self.until))
        day, _, clock = end.partition(" ")
        if start.startswith(day):
            end = clock
        return f"only {start}–{end} ({key_of('clear-window')}: all)"
