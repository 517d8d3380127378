"""How a text is cut into pieces when it is not plain JSON. A new form is added here, once.

Each form is a module with `looks_like(head)`, which sees the first 64 KB, and `pieces(chunks)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from queries.envelopes import (
    base64_text,
    cli_text,
    coloured,
    csv_cells,
    csv_rows,
    export_lines,
    prefixed_lines,
    yaml_text,
)
from queries.json_stream import Broken, Piece

Cutter = Callable[[Iterator[str]], Iterator[Piece | Broken]]


class Form(NamedTuple):
    """One way in which a text is cut."""

    looks_like: Callable[[str], bool]
    pieces: Cutter


_MODULES = (
    coloured,
    cli_text,
    export_lines,
    csv_rows,
    csv_cells,
    prefixed_lines,
    base64_text,
    yaml_text,
)
FORMS = tuple(Form(module.looks_like, module.pieces) for module in _MODULES)


def cutter(head: str) -> Cutter | None:
    """What takes a text that begins so apart; None for JSON, or for what is not known."""
    for form in FORMS:
        if form.looks_like(head):
            return form.pieces
    return None


def side_file(name: str, head: str) -> str:
    """What a file is that an export writes beside its data; empty for any other file."""
    if name.endswith((".csv.metadata", ".txt.metadata")):
        return "Athena's description of a result's columns, no events"
    if head.strip() == "Permission Check Successful":
        return "CloudWatch's test whether it may write to the bucket, no events"
    return ""
