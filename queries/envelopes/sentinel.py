"""Microsoft Sentinel, table AWSCloudTrail: columns such as UserIdentityArn, AwsEventId. A table of
anything else is taken apart here, and its rows are asked of all envelopes.

From the portal as CSV, from a query as JSON rows or as `{"tables": [{"columns", "rows"}]}`.
https://learn.microsoft.com/azure/azure-monitor/reference/tables/awscloudtrail
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from queries.envelopes import flat
from queries.envelopes.columns import canonical
from queries.envelopes.model import Found
from queries.envelopes.nested import join, open_value
from queries.json_stream import Piece

NAME = "Microsoft Sentinel"
SELECTED = (
    "Microsoft Sentinel keeps selected fields of a record, not the record; the time is its"
    " TimeGenerated"
)


def read(piece: Piece) -> Found | None:
    value: Any = piece.value
    if not isinstance(value, dict):
        return None
    tables = value.get("tables")
    if isinstance(tables, list) and tables and "columns" in _first(tables):
        return join(_table(table, piece) for table in tables)
    names = {canonical(str(name)) for name in value}
    if "awseventid" not in names and not (
        "eventname" in names and any(name.startswith("timegenerated") for name in names)
    ):
        return None
    # A column without a value is left out of JSON, so what is missing shows only in a table.
    found = flat.found_in(value, piece, all_columns=piece.container == flat.ROW)
    found.about.insert(0, SELECTED)
    for record in found.records:
        record.lossy = True
    return found


def _first(tables: list[Any]) -> dict[str, Any]:
    return tables[0] if isinstance(tables[0], dict) else {}


def _table(table: Any, piece: Piece) -> Found:
    columns = table.get("columns") if isinstance(table, dict) else None
    rows = table.get("rows") if isinstance(table, dict) else None
    if not isinstance(columns, list) or not isinstance(rows, list):
        return Found(foreign="a table without columns or rows")
    names = [str(each.get("name") if isinstance(each, dict) else each) for each in columns]
    several: list[Found] = []
    for row in rows:
        if not isinstance(row, list):
            several.append(Found(notes=["a row of a table is no list"], damaged=1))
            continue
        cells = dict(zip(names, row, strict=False))
        # As found, so that the raw record can be read without counting columns.
        text = json.dumps(cells, ensure_ascii=False)
        inner = replace(piece, value=cells, text=text, container=flat.ROW)
        several.append(open_value(inner))
    return join(iter(several))
