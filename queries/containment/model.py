"""Suggestions, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KEY, SESSIONS, CREATED, IMAGE, HUNT, TAG = (
    "disable a key",
    "end sessions",
    "undo what was created",
    "keep the image",
    "hunt for a digest",
    "restore a tag",
)
KINDS = (KEY, SESSIONS, CREATED, IMAGE, HUNT, TAG)


@dataclass(frozen=True, slots=True)
class Behind:
    """A record that a suggestion rests on."""

    event_key: int
    event_id: str | None
    event_time: datetime | None
    event_name: str | None


@dataclass(slots=True)
class Suggestion:
    """One thing that could be done, why, and what for."""

    kind: str
    what: str
    why: str
    commands: list[str] = field(default_factory=list)
    """Lines for a POSIX shell, in their order; empty where none can be written safely."""
    caution: str = ""
    behind: list[Behind] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "kind": self.kind,
            "what": self.what,
            "why": self.why,
            "commands": self.commands,
            "caution": self.caution,
            "event_ids": [record.event_id for record in self.behind if record.event_id],
        }


@dataclass(slots=True)
class Plan:
    """All suggestions, and what they were made from."""

    basis: str
    suggestions: list[Suggestion]
