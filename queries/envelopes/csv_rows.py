"""A CSV file as pieces: each row an object of header and cell, every cell text.

The delimiter is the one under which the header names CloudTrail's fields; a byte order mark and
the lines `sep=;` of Excel and `#TYPE` of PowerShell are taken off. A quote that is never closed
costs its own line and not the rows behind it. What a row means is for the envelopes to say, as for
JSON.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from queries.envelopes.columns import tells_cloudtrail
from queries.envelopes.flat import ROW
from queries.envelopes.spreadsheet import Mender
from queries.json_stream import Broken, Piece

_DELIMITERS = ",;\t|"
_CARRIERS = frozenset({"_raw", "@message", "eventJson", "event.original", "CloudTrailEvent"})
"""Columns that hold a whole record."""
_ELASTIC = frozenset({"event.action", "event.provider"})
"""Columns of a table that Kibana saved: the fields of Elastic's documents (`elastic`)."""
_ROW_LIMIT = 8 << 20
"""Characters after which a row of several lines is taken for one with an open quote."""
_LINE_LIMIT = 64 << 20
_SAMPLE = 200
"""Rows looked at to see how dates are written."""

csv.field_size_limit(_LINE_LIMIT * 2)


def looks_like(head: str) -> bool:
    """Whether a text begins with a header of CloudTrail's fields."""
    return _delimiter(_header_line(head)) is not None


def pieces(chunks: Iterator[str]) -> Iterator[Piece | Broken]:
    """The rows, each with the header above it as its text."""
    lines = Lines(chunks)
    header = next(lines.rows(","), None)
    while header is not None and _is_preamble(header.text):
        header = next(lines.rows(","), None)
    if header is None:
        return
    delimiter = _delimiter(header.text.lstrip("\ufeff").rstrip("\r\n")) or ","
    title = header.text.strip("\ufeff\r\n")
    names = [name.strip().lstrip("\ufeff") for name in _cells(title, delimiter)]
    rows = lines.rows(delimiter)
    first = list(islice(rows, _SAMPLE))
    mender = Mender(names, (row.cells for row in first), delimiter)
    for row in chain(first, rows):
        if row.broken:
            yield Broken(row.line, row.broken)
        elif row.cells and any(row.cells) and [cell.strip() for cell in row.cells] != names:
            yield _piece(row, names, title, mender)


@dataclass(slots=True)
class _Row:
    cells: list[str]
    text: str
    line: int
    broken: str = ""


def _piece(row: _Row, names: list[str], title: str, mender: Mender) -> Piece:
    remarks: list[str] = []
    if len(row.cells) > len(names) and any(row.cells[len(names) :]):
        remarks.append("a row has more cells than the header: a cell may stand under a wrong name")
    elif len(row.cells) < len(names):
        remarks.append("a row has fewer cells than the header: the last ones are missing")
    value: dict[str, str] = {}
    for name, cell in zip(names, row.cells, strict=False):
        if name and not value.get(name):
            value[name] = cell
    for name in names[len(row.cells) :]:
        value.setdefault(name, "")
    remarks += mender.mend(value)
    text = row.text.rstrip("\r\n")
    return Piece(value, f"{title}\n{text}", ROW, remarks=tuple(remarks))


class Lines:
    """Physical lines of a text, with those of the row at hand kept so that they can be put back."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self._buffer = ""
        self._at = 0
        self._end = ""
        self._back: list[str] = []
        """Lines put back, the next one last."""
        self._taken: list[str] = []
        self._size = 0
        self._line = 0
        self._over = False

    def rows(self, delimiter: str) -> Iterator[_Row]:
        while True:
            self._taken, self._size, self._over = [], 0, False
            start = self._line + 1
            try:
                cells = next(csv.reader(self, delimiter=delimiter), None)
            except csv.Error as error:
                yield _Row([], "", start, f"not CSV ({error})")
                self._put_back()
                continue
            if cells is None:
                return
            text = "".join(self._taken)
            if len(self._taken) > 1 and (self._over or text.count('"') % 2):
                self._put_back()
                yield _Row([], text, start, "a quote is opened and not closed")
                continue
            yield _Row(cells, text, start)

    def _put_back(self) -> None:
        """All lines of the row but its first, which has the fault."""
        self._back += reversed(self._taken[1:])
        self._line -= len(self._taken) - 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._taken and self._size > _ROW_LIMIT:
            self._over = True
            raise StopIteration
        line = self._back.pop() if self._back else self._read()
        if not line:
            raise StopIteration
        self._taken.append(line)
        self._size += len(line)
        self._line += 1
        return line

    def _read(self) -> str:
        while True:
            if not self._end and self._buffer:
                # Old spreadsheets on a Mac end lines with a carriage return alone.
                self._end = "\r" if "\r" in self._buffer and "\n" not in self._buffer else "\n"
            end = self._buffer.find(self._end, self._at) + 1 if self._end else 0
            if not end and len(self._buffer) - self._at > _LINE_LIMIT:
                end = self._at + _LINE_LIMIT
            if end:
                line, self._at = self._buffer[self._at : end], end
                return line
            rest, self._at = self._buffer[self._at :], 0
            chunk = next(self._chunks, None)
            self._buffer = "" if chunk is None else rest + chunk
            if chunk is None:
                return rest


def _header_line(head: str) -> str:
    for line in head.lstrip("\ufeff").replace("\r", "\n").split("\n", 20)[:20]:
        if line.strip() and not _is_preamble(line):
            return line
    return ""


def _is_preamble(line: str) -> bool:
    line = line.strip("\ufeff \t\r\n").lower()
    return not line.strip(",;\t") or line.strip('"').startswith(("sep=", "#type "))


def _delimiter(line: str) -> str | None:
    """The character that makes known field names out of a header, if one does."""
    from queries.providers import names_table  # whose envelopes import the forms of tables

    if line.lstrip()[:1] in ("{", "["):
        return None
    for delimiter in _DELIMITERS:
        names = [name.strip() for name in _cells(line, delimiter)]
        known = not _CARRIERS.isdisjoint(names) or names_table(names) or _ELASTIC.issubset(names)
        if known or tells_cloudtrail(names):
            return delimiter
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        lines: Iterable[str] = (line,)
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        return []
