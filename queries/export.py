"""Rows out of the program: JSON, JSON lines, CSV, Parquet and a plain table.

JSON is exact. CSV is written for spreadsheets: a cell that a spreadsheet would run as a formula
gets an apostrophe in front (wazuh/wazuh-dashboard-plugins#9129), which is said on standard error
by the caller.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TextIO

from queries.case import Rows
from queries.safe_text import safe_text
from queries.times import in_utc

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that spreadsheets take for a formula, full-width forms included (OWASP,
"CSV Injection")."""


def plain_value(value: object) -> Any:
    """A value as JSON has it: times in ISO 8601 with Z."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain_value(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(entry) for entry in value]
    return value


def write_json(value: object, out: TextIO) -> None:
    """One JSON document, UTF-8 safe and indented, with a newline at the end."""
    json.dump(plain_value(value), out, indent=2, ensure_ascii=True, default=str)
    out.write("\n")


def write_jsonl(rows: Rows, out: TextIO) -> None:
    """One JSON object a line."""
    for row in rows.dicts():
        out.write(json.dumps(plain_value(row), ensure_ascii=True, default=str) + "\n")


def write_csv(rows: Rows, out: TextIO) -> int:
    """Comma separated with a header; returns how many cells were neutralised."""
    csv.writer(out, lineterminator="\r\n").writerow(rows.columns)
    return sum(csv_row(row, out) for row in rows.rows)


def csv_row(row: Iterable[object], out: TextIO) -> int:
    """One line of CSV; returns how many of its cells were neutralised."""
    cells = [csv_cell(value) for value in row]
    csv.writer(out, lineterminator="\r\n").writerow([text for text, _ in cells])
    return sum(changed for _, changed in cells)


def csv_cell(value: object) -> tuple[str, bool]:
    """A cell's text, and whether an apostrophe was put in front of it."""
    if value is None:
        return "", False
    if isinstance(value, bool):
        return ("true" if value else "false"), False
    if isinstance(value, int | float):
        return str(value), False
    plain = plain_value(value)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False, default=str)
    # Escapes would reach the terminal raw when CSV is printed there.
    text = safe_text(text)
    if text.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{text}", True
    return text, False


def formulas_in_words(neutralised: int) -> str:
    """What a reader of CSV has to know where cells were neutralised."""
    cells = "1 CSV cell begins" if neutralised == 1 else f"{neutralised:,} CSV cells begin"
    return f"{cells} like a formula; an apostrophe was put in front"


def write_table(rows: Rows, out: TextIO, *, width: int | None = None) -> None:
    """Columns padded with spaces for reading; every value made safe and, with `width`, cut."""
    limit = 60 if width is not None else None
    cells = [[_table_cell(value, limit) for value in row] for row in rows.rows]
    widths = [
        max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(rows.columns)
    ]
    for line in [rows.columns, ["-" * w for w in widths], *cells]:
        text = "  ".join(value.ljust(w) for value, w in zip(line, widths, strict=True))
        out.write(text.rstrip() + "\n")


def write_lines(rows: Rows, out: TextIO) -> None:
    """Row after row, one value in a line as `name: value`; what is empty is left out. For reading
    aloud: nothing has to be found by where it stands."""
    for number, row in enumerate(rows.rows, 1):
        out.write(f"row {number} of {len(rows.rows)}\n")
        for name, value in zip(rows.columns, row, strict=True):
            if value is not None and value != "":
                out.write(f"{name.replace('_', ' ')}: {_table_cell(value, None)}\n")
        out.write("\n")


def _table_cell(value: object, limit: int | None) -> str:
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return safe_text(value, limit)


def write_facts(pairs: Iterable[tuple[str, object]], out: TextIO) -> None:
    """Name and value lines, aligned, for a single object."""
    lines = [(name, _table_cell(value, None)) for name, value in pairs]
    width = max((len(name) for name, _ in lines), default=0)
    for name, text in lines:
        out.write(f"{name.ljust(width)}  {text}\n")
