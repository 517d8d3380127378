"""A row in full below its list, where the columns have no room for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tui.screens.base import Fact
from tui.text import fmt_count, fmt_time
from tui.widgets.paged_table import Row


def whole_row(row: Row, names: Mapping[str, str]) -> list[Fact]:
    """Its values under these names, in this order; what is not there is left out."""
    facts: list[Fact] = []
    for key, name in names.items():
        value = row.get(key)
        if isinstance(value, datetime):
            facts.append((name, f"{fmt_time(value, year=True)} UTC"))
        elif isinstance(value, int) and not isinstance(value, bool):
            facts.append((name, fmt_count(value)))
        elif value not in (None, ""):
            facts.append((name, str(value)))
    return facts
