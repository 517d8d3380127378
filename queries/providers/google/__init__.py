"""Google Cloud: Cloud Audit Logs, of its registries and of what runs images."""

from __future__ import annotations

from queries.providers.base import Envelope, Provider, by_identity
from queries.providers.google.calls import CALLS, IDENTITIES, NATURES
from queries.providers.google.envelopes import read_entry, read_message
from queries.providers.google.joining import LINKS, join_records, unseen
from queries.providers.google.names import hosted
from queries.providers.google.table_rows import names_table

PROVIDER = Provider(
    "google",
    "Google Cloud",
    envelopes=(
        Envelope("Cloud Audit Logs", read_entry),
        Envelope("Pub/Sub", read_message),
    ),
    hosted=hosted,
    names_table=names_table,
    join=join_records,
    links=LINKS,
    unseen=unseen,
    suffix=".googleapis.com",
    calls=CALLS,
    natures=NATURES,
    workload=by_identity(IDENTITIES),
)
