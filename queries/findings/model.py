"""What running the rules gives: findings, the stories they make, and how each rule fared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from queries.findings.rules import SEVERITIES, Rule

RAN, OFF, WITHOUT, SILENT, UNKNOWN, FAILED = (
    "ran",
    "off",
    "not asked",
    "silent",
    "unknown",
    "failed",
)
"""How a rule fared: asked; switched off; not asked for want of a list or of data in the evidence;
silent because the evidence is too short to learn from; its answer unknown; it could not be run."""


@dataclass(slots=True)
class Finding:
    """A rule's hit. `values` are the columns of its first row, as the statement gave them."""

    rule: Rule
    severity: str
    event_time: datetime | None
    repository: str | None
    principal: str | None
    origin: str | None
    image_tag: str | None
    image_digest: str | None
    push_key: int | None
    why: str
    event_keys: list[int]
    values: Mapping[str, Any] = field(default_factory=dict)
    story: int = 0
    """Number of its story, 1 for the first."""

    @property
    def subject(self) -> str:
        """Who it is about: the origin of the chain, or who the record names."""
        return self.origin or self.principal or "(nobody named)"

    @property
    def rank(self) -> int:
        """0 for the worst severity."""
        return SEVERITIES.index(self.severity)


@dataclass(slots=True)
class Story:
    """Findings with one origin, close in time: what one chain of sessions did, in order."""

    number: int
    subject: str
    findings: list[Finding]

    @property
    def severity(self) -> str:
        return min(self.findings, key=lambda finding: finding.rank).severity

    @property
    def first(self) -> datetime | None:
        return min((f.event_time for f in self.findings if f.event_time), default=None)

    @property
    def last(self) -> datetime | None:
        return max((f.event_time for f in self.findings if f.event_time), default=None)


@dataclass(slots=True)
class RuleRun:
    """How one rule fared: its status, how many findings, and what is to be said about it."""

    rule: Rule
    status: str
    findings: int = 0
    unknown: int = 0
    """Hits about which the evidence cannot tell (hours before a push that are not covered)."""
    note: str = ""


def counts_by_severity(severities: Iterable[str]) -> dict[str, int]:
    """How many there are of each severity that there is, the worst first."""
    counted = Counter(severities)
    return {name: counted[name] for name in SEVERITIES if counted[name]}
