"""A record inside a text inside a value: a log message, a notice's body, a SIEM's raw field.

What is inside may be wrapped again, so it is asked of all envelopes anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from queries.envelopes.model import Found, Record
from queries.json_stream import Broken, JsonStream, Piece

MAX_DEPTH = 6
"""A record in a message in a notice in a queue is four deep; more is made to be a nuisance."""

_SIGNS = (
    '"eventVersion"',
    '"eventSource"',
    '"userIdentity"',
    '"eventName"',
    '"auditID"',
    '"protoPayload"',
    '"operationName"',
)


def open_text(text: str, outer: Piece, what: str, why_cut: str = "") -> Found:
    """The records in a text that was found in `outer`.

    `what` names such a text ("a CloudWatch message"). A text that was a record and is cut
    counts as a damaged record; `why_cut` says what may have cut it.
    """
    if not text.lstrip("\ufeff \t\r\n\x00").startswith(("{", "[", '"{')):
        return Found(foreign=f"{what} that is no JSON")
    return join(_found(JsonStream(iter((text,))), text, outer.depth + 1, what, why_cut))


def open_value(piece: Piece) -> Found:
    """The records in a value that stood inside another."""
    from queries.envelopes.registry import open_piece  # which imports the envelopes

    if piece.depth > MAX_DEPTH:
        return Found(foreign=f"values within each other, more than {MAX_DEPTH} deep")
    return open_piece(piece)[1]


def _found(
    parts: Iterator[Piece | Broken] | JsonStream, text: str, depth: int, what: str, why_cut: str
) -> Iterator[Found]:
    for part in parts:
        if isinstance(part, Piece):
            yield open_value(replace(part, depth=depth))
        elif any(sign in text for sign in _SIGNS):
            yield Found(
                notes=[f"{what} was cut or is not JSON; that record is missing"],
                about=[why_cut] if why_cut else [],
                damaged=1,
            )
        else:
            yield Found(foreign=f"{what} that is no whole JSON")


def join(several: Iterator[Found]) -> Found:
    """Several findings as one. Of what is foreign, the first reason stands for all."""
    records: list[Record] = []
    whole = Found(records)
    for found in several:
        records += found.records
        whole.skipped = whole.skipped or found.skipped
        whole.foreign = whole.foreign or found.foreign
        whole.notes += found.notes
        whole.about += found.about
        whole.damaged += found.damaged
    return whole
