"""Azure: Container Registry and the Activity log."""

from __future__ import annotations

from queries.providers.azure.calls import CALLS, IDENTITIES, NATURES
from queries.providers.azure.envelopes import ENVELOPES, names_table
from queries.providers.azure.events import NAME
from queries.providers.azure.hosts import MENTIONS, hosted
from queries.providers.azure.join import LINKS, join_records, unseen
from queries.providers.azure.vocabulary import SERVICES
from queries.providers.base import Provider, by_identity

PROVIDER = Provider(
    NAME,
    "Azure",
    envelopes=ENVELOPES,
    hosted=hosted,
    mentions=MENTIONS,
    mention_signs=(".azurecr.",),
    join=join_records,
    links=LINKS,
    unseen=unseen,
    names_table=names_table,
    services=SERVICES,
    calls=CALLS,
    natures=NATURES,
    workload=by_identity(IDENTITIES),
)
