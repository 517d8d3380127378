"""A CSV file that has whole records as JSON in its cells, and no header that says so.

S3 Select, `COPY … TO` of a database and Athena's `json_format(…)` write such files: a column of
JSON, its quotes doubled, perhaps beside others and below a header of any name. The record is what
counts; what stands beside it is said to be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from queries.envelopes.csv_rows import Lines
from queries.json_stream import Broken, JsonStream, Piece

_CELL = re.compile(r'(?:^|([,;\t|]))"[ \t]*[{\[][ \t\r\n]*""', re.MULTILINE)
"""Where a quoted cell begins that is JSON, and what separates it from the one before."""
_SIGNS = ('""eventSource""', '""userIdentity""', '""protoPayload""', '""auditID""')
_BESIDE = "other cells stand beside the records: they were not read"


def looks_like(head: str) -> bool:
    """Whether there are such cells, and one of the members of a record in them."""
    return any(sign in head for sign in _SIGNS) and _CELL.search(head) is not None


def pieces(chunks: Iterator[str]) -> Iterator[Piece | Broken]:
    """The JSON values of the cells. The first row may be a header."""
    head = ""
    for chunk in chunks:
        head += chunk
        if found := _CELL.search(head):
            break
    else:
        return
    lines = Lines(_again(head, chunks))
    for number, row in enumerate(lines.rows(found[1] or ",")):
        cells = [cell for cell in row.cells if cell.lstrip("\ufeff \t")[:1] in ("{", "[")]
        if row.broken or (number and not cells and any(row.cells)):
            yield Broken(row.line, row.broken or "a row without a record")
        for cell in cells:
            for part in JsonStream(iter((cell,))):
                if isinstance(part, Broken):
                    yield replace(part, line=row.line)
                elif len(row.cells) > 1:
                    yield replace(part, remarks=(_BESIDE,))
                else:
                    yield part


def _again(head: str, chunks: Iterator[str]) -> Iterator[str]:
    yield head
    yield from chunks
