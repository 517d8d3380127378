"""What the user's files say about addresses and accounts, as it stands beside them on screens.

One program shows one case: what it was started with holds for all of its screens.
"""

from __future__ import annotations

from queries.enrichment.model import Enrichment

_held = [Enrichment()]


def use(enrichment: Enrichment) -> None:
    """Show this from now on."""
    _held[0] = enrichment


def enrichment() -> Enrichment:
    """What is in use."""
    return _held[0]


def with_place(address: object) -> str:
    """`203.0.113.10 (DE, Berlin · AS64500 Example Net)`, or the address alone."""
    words = _held[0].place(address).words()
    return f"{address} ({words})" if words else str(address or "–")


def with_name(account: object) -> str:
    """`111122223333 (production)`; the number alone where nobody named it."""
    name = _held[0].account(account)
    return f"{account} ({name})" if name else str(account or "–")
