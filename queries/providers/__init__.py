"""The clouds whose logs are read. To add one, see "Add a provider" in CONTRIBUTING."""

from __future__ import annotations

from collections.abc import Sequence

from queries.envelopes.model import Record
from queries.providers import aws, azure, google, kubernetes
from queries.providers.base import Envelope, Hosted, Provider

PROVIDERS: tuple[Provider, ...] = (
    aws.PROVIDER,
    kubernetes.PROVIDER,  # before the clouds whose logs wrap a cluster's
    azure.PROVIDER,
    google.PROVIDER,
)
"""In the order in which their envelopes are asked."""
_PLACED = {each.name: each.placed for each in PROVIDERS if each.placed is not None}


def provider_envelopes() -> tuple[Envelope, ...]:
    """The envelopes of all providers, to be asked after those of CloudTrail."""
    return tuple(envelope for provider in PROVIDERS for envelope in provider.envelopes)


def sure_envelopes() -> tuple[Envelope, ...]:
    """The envelopes of providers to be asked before all others."""
    return tuple(envelope for provider in PROVIDERS for envelope in provider.sure)


def names_table(names: Sequence[str]) -> bool:
    """Whether a header is that of a table that one of the providers knows."""
    return any(provider.names_table(names) for provider in PROVIDERS)


def placed(record: Record, where: str) -> None:
    """Let a record's provider read what the place that it comes from tells."""
    read = _PLACED.get(str((record.mapped or {}).get("provider")))
    if read is not None:
        read(record, where)


def hosted(host: str, path: str) -> Hosted | None:
    """Whose registry an image reference names, asked of all providers."""
    for provider in PROVIDERS:
        found = provider.hosted(host, path)
        if found is not None:
            return found
    return None
