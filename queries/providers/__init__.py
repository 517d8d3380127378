"""The clouds whose logs are read. To add one, see "Add a provider" in CONTRIBUTING."""

from __future__ import annotations

from queries.providers import aws, google
from queries.providers.base import Envelope, Hosted, Provider

PROVIDERS: tuple[Provider, ...] = (aws.PROVIDER, google.PROVIDER)
"""In the order in which their envelopes are asked."""


def provider_envelopes() -> tuple[Envelope, ...]:
    """The envelopes of all providers, to be asked after those of CloudTrail."""
    return tuple(envelope for provider in PROVIDERS for envelope in provider.envelopes)


def hosted(host: str, path: str) -> Hosted | None:
    """Whose registry an image reference names, asked of all providers."""
    for provider in PROVIDERS:
        found = provider.hosted(host, path)
        if found is not None:
            return found
    return None
