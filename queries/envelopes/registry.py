"""The envelopes in the order in which they are asked. A new one is added here, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from queries.envelopes import bare, digest, foreign, lookup_events, trail
from queries.envelopes.model import Found
from queries.json_stream import Piece


class Envelope(NamedTuple):
    """One way of wrapping: its name on the screen and its reader."""

    name: str
    read: Callable[[Piece], Found | None]


ENVELOPES = tuple(
    Envelope(module.NAME, module.read) for module in (trail, lookup_events, bare, digest, foreign)
)


def open_piece(piece: Piece) -> tuple[str, Found]:
    """The name of the envelope that knows the piece, and what it holds."""
    for envelope in ENVELOPES:
        found = envelope.read(piece)
        if found is not None:
            return envelope.name, found
    raise AssertionError("the last envelope takes everything")
