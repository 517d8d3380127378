"""Times as the report writes them."""

from __future__ import annotations

from datetime import datetime


def as_text(when: datetime | None) -> str:
    """`2026-03-01 00:07:03`, UTC."""
    return when.isoformat(" ", "seconds") if when is not None else "no time"


def of_stamp(text: str | None) -> str:
    """`2026-03-01T00:07:03Z` as a person writes it."""
    return str(text or "no time").replace("T", " ").removesuffix("Z")
