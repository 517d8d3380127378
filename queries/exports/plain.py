"""Events as CSV, JSON lines or Parquet: one row each, with the tags and the comment of its mark.
A part at a time, so that millions need little memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from queries.case import Rows
from queries.export import csv_row, write_jsonl
from queries.exports.chosen import Chosen
from queries.parquet import write_parts

_AT_ONCE = 5_000
TYPES = {"event_key": "BIGINT", "event_time": "TIMESTAMP", "is_write": "BOOLEAN"}
"""Of the columns that are no text, for Parquet."""
TYPES |= {"position": "BIGINT", "is_push": "BOOLEAN"}


def parts_of(rows: Iterable[dict[str, Any]], chosen: Chosen) -> Iterator[Rows]:
    """The rows, some thousands at a time."""
    remaining = iter(rows)
    while part := list(islice(remaining, _AT_ONCE)):
        columns = [*part[0], "tags", "comment"]
        told = [
            (
                *row.values(),
                " ".join(chosen.tags.get(row["event_key"], ())),
                chosen.comments.get(row["event_key"], ""),
            )
            for row in part
        ]
        yield Rows(columns, told)


def as_csv(parts: Iterable[Rows], out: TextIO) -> int:
    """With a header; returns how many cells were neutralised."""
    neutralised = 0
    for number, part in enumerate(parts):
        if not number:
            csv_row(part.columns, out)
        neutralised += sum(csv_row(row, out) for row in part.rows)
    return neutralised


def as_jsonl(parts: Iterable[Rows], out: TextIO) -> None:
    """One JSON object a line."""
    for part in parts:
        write_jsonl(part, out)


def as_parquet(parts: Iterable[Rows], target: Path) -> None:
    """A new file. Raises `WrongUsage` when there is one, `InvestigationError` when it cannot be."""
    write_parts(parts, TYPES, target)
