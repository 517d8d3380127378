"""`aws athena get-query-results`: rows of cells as JSON, the first row being the header.

The CSV that Athena leaves in its bucket has the same columns and is read by `csv_rows`.
https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from queries.envelopes import flat
from queries.envelopes.lookup_events import ONE_PAGE
from queries.envelopes.model import Found
from queries.envelopes.nested import join, open_value
from queries.json_stream import Piece

NAME = "Athena results"


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    result = value.get("ResultSet") if isinstance(value, dict) else None
    if not isinstance(result, dict) or not isinstance(result.get("Rows"), list):
        return None
    rows = [_cells(row) for row in result["Rows"]]
    names = _names(result) or [str(cell) for cell in (rows[0] if rows else [])]
    several = []
    for cells in rows:
        if cells == names:
            continue
        row = {name: cell or "" for name, cell in zip(names, cells, strict=False)}
        # Header and cells together, so that the raw record can be read without counting.
        text = json.dumps(row, ensure_ascii=False)
        inner = replace(piece, value=row, text=text, container=flat.ROW, depth=piece.depth + 1)
        several.append(open_value(inner))
    found = join(iter(several))
    if "NextToken" in value:
        found.notes.append(ONE_PAGE)
    return found


def _cells(row: Any) -> list[Any]:
    data = row.get("Data") if isinstance(row, dict) else None
    cells = data if isinstance(data, list) else []
    return [cell.get("VarCharValue") if isinstance(cell, dict) else None for cell in cells]


def _names(result: dict[str, Any]) -> list[str]:
    """The columns by the result's description; the first page repeats them as a row."""
    described = result.get("ResultSetMetadata")
    columns = described.get("ColumnInfo") if isinstance(described, dict) else None
    if not isinstance(columns, list):
        return []
    return [str(each.get("Name")) if isinstance(each, dict) else "" for each in columns]
