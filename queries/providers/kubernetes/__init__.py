"""Kubernetes: the API server's audit log, from a cluster of any cloud or of one's own."""

from __future__ import annotations

from queries.providers.base import Provider
from queries.providers.kubernetes.calls import CALLS
from queries.providers.kubernetes.envelopes import ENVELOPES, SURE, names_table
from queries.providers.kubernetes.events import NAME
from queries.providers.kubernetes.join import LINKS, join_records, unseen
from queries.providers.kubernetes.naming import name_cluster
from queries.providers.kubernetes.vocabulary import SERVICE

PROVIDER = Provider(
    NAME,
    "Kubernetes",
    envelopes=ENVELOPES,
    sure=SURE,
    join=join_records,
    links=LINKS,
    unseen=unseen,
    placed=name_cluster,
    names_table=names_table,
    services={SERVICE: "kubernetes"},
    calls=CALLS,
    natures=(("origin LIKE 'system:serviceaccount:%'", "job"),),
)
