"""The evidence report: every file and the totals, as one object for people and programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from queries.case import Case


def evidence_report(case: Case) -> dict[str, Any]:
    """`files` (one entry each: name, status, format, records, events, copies, size, sha256,
    compression, window, notes, when delivered and whether late) and `totals` (docs/headless.md has
    every key)."""
    rows = case.ask(
        "SELECT name, status, format, records, events, copies, size, compression, sha256,"
        " first_event, last_event, lane, notes, delivered, late FROM files ORDER BY file_id"
    ).dicts()
    files = [
        {
            key: f"{value.isoformat()}Z" if isinstance(value, datetime) else value
            for key, value in row.items()
        }
        for row in rows
    ]
    return {"files": files, "totals": case.totals}
