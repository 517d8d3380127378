"""Whether times on the screen carry their year: they do where the evidence lies in several.

Without it a list in order of time looks shuffled (``08-18`` above ``11-16``), and a time cannot be
told from the same day of another year. In evidence of one year it would only take room.

One program shows one case: what is said here holds for all of its screens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CELLS = 5
"""How much wider a time is with its year."""

_held = [False]


def of_evidence(totals: Mapping[str, Any]) -> None:
    """Go by the window of this evidence from now on."""
    first, last = totals["window"]["first"], totals["window"]["last"]
    _held[0] = bool(first) and str(first)[:4] != str(last)[:4]


def shown() -> bool:
    """Whether a year is needed to tell times apart."""
    return _held[0]
