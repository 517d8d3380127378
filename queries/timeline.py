"""What was found and what was marked, as moments on one axis, with a lane for each principal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queries.marks.model import Mark

FINDING, MARK = "finding", "mark"
UNKNOWN = "(nobody named)"
WORST = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True)
class Moment:
    """Something at a time (naive UTC), in the lane of who stands behind it."""

    when: datetime
    lane: str
    kind: str
    severity: str
    """Of a finding; empty for a mark."""
    words: str
    event_key: int | None
    push_key: int | None = None

    @property
    def rank(self) -> int:
        """What is shown where several fall together: a mark, then the worst finding."""
        return 0 if self.kind == MARK else 1 + WORST.index(self.severity or "info")


def moments(
    findings: Iterable[Mapping[str, Any]], marks: Iterable[tuple[Mark, int | None]]
) -> list[Moment]:
    """Findings (rows of `found/listing`) and marks (each with its event_key, None where the event
    is not in this evidence), in the order of time. What has no time is left out."""
    found = [
        Moment(
            row["event_time"],
            str(row["origin"] or row["principal"] or UNKNOWN),
            FINDING,
            str(row["severity"]),
            str(row["title"]),
            row["event_key"],
            row["push_key"],
        )
        for row in findings
        if row["event_time"] is not None
    ]
    for mark, event_key in marks:
        when = mark.subject.get("event_time")
        if isinstance(when, str):
            when = datetime.fromisoformat(when).replace(tzinfo=None)
        if isinstance(when, datetime):
            who = mark.subject.get("origin") or mark.subject.get("principal") or UNKNOWN
            words = " · ".join(filter(None, [*mark.tags, mark.comment])) or str(
                mark.subject.get("event_name") or "marked"
            )
            found.append(Moment(when, str(who), MARK, "", words, event_key))
    return sorted(found, key=lambda moment: (moment.when, moment.rank))


def lanes(found: Sequence[Moment]) -> list[str]:
    """Who has a lane, in the order in which they appear."""
    return list(dict.fromkeys(moment.lane for moment in found))
