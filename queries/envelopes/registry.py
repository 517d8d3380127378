"""The envelopes in the order in which they are asked. A new one is added here, once.

What says by one member what it is comes first. Those that know a wrapping come before those that
know a bare record; then come those of the providers; `wrapped` looks for records in what
nobody knows, and `foreign` takes the rest. How a text
becomes pieces at all is for `texts`.
"""

from __future__ import annotations

from queries.envelopes import (
    athena,
    bare,
    cloudwatch,
    digest,
    ecr_events,
    elastic,
    event_history,
    eventbridge,
    flat,
    foreign,
    insights,
    lake,
    lookup_events,
    notifications,
    ocsf,
    panther,
    payloads,
    sentinel,
    splunk,
    trail,
    wrapped,
)
from queries.envelopes.model import Found
from queries.json_stream import Piece
from queries.providers import provider_envelopes, sure_envelopes
from queries.providers.base import Envelope

_CLOUDTRAIL = tuple(
    Envelope(module.NAME, module.read)
    for module in (
        trail,
        panther,
        bare,
        lake,
        lookup_events,
        athena,
        eventbridge,
        ecr_events,
        cloudwatch,
        insights,
        payloads,
        splunk,
        elastic,
        ocsf,
        event_history,
        sentinel,
        flat,
        notifications,
        digest,
    )
)
ENVELOPES = (
    *sure_envelopes(),
    *_CLOUDTRAIL,
    *provider_envelopes(),
    Envelope(wrapped.NAME, wrapped.read),
    Envelope(foreign.NAME, foreign.read),
)


def open_piece(piece: Piece) -> tuple[str, Found]:
    """The name of the envelope that knows the piece, and what it holds."""
    for envelope in ENVELOPES:
        found = envelope.read(piece)
        if found is not None:
            found.notes.extend(piece.remarks)
            return envelope.name, found
    raise AssertionError("the last envelope takes everything")
