"""What a provider is: one cloud (or cluster) whose audit log the product reads.

A provider is a small package with four parts of the same names: `envelopes` (which export is
this?), `events` (a record to an `event.Event`), `vocabulary` (what its calls mean, in the words of
`queries.providers.vocabulary`) and `identity` (who a record names). `__init__` puts them into one
`Provider`, and `queries.providers.PROVIDERS` lists it. Nothing else knows a provider by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from queries.envelopes.model import Found, Record
from queries.json_stream import Piece

if TYPE_CHECKING:
    import duckdb

    from queries.providers.event import Creation


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of a provider that mean one thing (`Provider.calls`)."""

    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Event source to the plain names of its calls."""
    writes: Sequence[str] = ()
    """Event sources of which every call that changes something counts."""
    also: str = ""
    """More of them, as a condition in SQL on an event `e`."""


CONTAINER_HOST = "container host"
"""A machine whose agent is containerd and whose identity is no person's."""


def by_identity(identities: Mapping[str, str]) -> str:
    """Expression for `Provider.workload` where the type of identity tells it."""
    cases = " ".join(f"WHEN '{kind}' THEN '{word}'" for kind, word in identities.items())
    return (
        "CASE WHEN e.user_agent ILIKE 'containerd%' AND e.identity_type IS DISTINCT FROM 'User'"
        f" THEN '{CONTAINER_HOST}' ELSE CASE e.identity_type {cases} ELSE 'unknown' END END"
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """One export of a provider: its name on the screen, and its reader (None: not mine)."""

    name: str
    read: Callable[[Piece], Found | None]


@dataclass(frozen=True, slots=True)
class Hosted:
    """An image reference on a provider's registry: whose, where, and the repository's name."""

    provider: str
    account: str
    region: str
    repository: str
    key: str
    """As `events.repository` has it; empty where the reference leaves it open."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, as `PROVIDERS` lists it."""

    name: str
    """In `events.provider`: aws, google, azure, kubernetes."""
    title: str
    """On screens and in sentences."""
    envelopes: tuple[Envelope, ...] = ()
    sure: tuple[Envelope, ...] = ()
    """Those to ask before CloudTrail's own: they know by one look what can be nothing else."""
    hosted: Callable[[str, str], Hosted | None] = lambda host, path: None
    """(host in lower case, path without tag and digest) of an image reference to whose it is."""
    join: Callable[[duckdb.DuckDBPyConnection], None] | None = None
    """Points records of one act at the one that stands for it (`events.merged_into`), run after
    copies were merged. Whatever else of an event it changes is kept as it was read before
    (`queries.index.unjoined`)."""
    links: Sequence[str] = ()
    """SELECTs of an event's key and of what all events have in common that `join` may join or
    compare, from `{events}` without its long texts: of an index that grows, only those are joined
    again that have it in common with what came."""
    unseen: Callable[[duckdb.DuckDBPyConnection], list[str]] = lambda connection: []
    """Sentences about what the evidence of this provider cannot show (a log that was off)."""
    mentions: str = ""
    """Regular expression of its registries' hosts, to find references inside other texts."""
    mention_signs: tuple[str, ...] = ()
    """One of these stands in every such host."""
    placed: Callable[[Record, str], None] | None = None
    """Puts into a record what only the place it comes from tells: a log group, or a file's name."""
    names_table: Callable[[Sequence[str]], bool] = lambda names: False
    """Whether column names are those of one of its tables (a CSV file is told by its header)."""
    services: dict[str, str] = field(default_factory=dict)
    """`events.event_source` to its short name, where that is not the name without `suffix`."""
    suffix: str = ""
    """What the names of its services end in (`.googleapis.com`); left out on screens."""
    calls: Mapping[str, Calls] = field(default_factory=dict)
    """What some of its calls mean, by the words above."""
    natures: Sequence[tuple[str, str]] = ()
    """(condition in SQL on `origin` and `principal`, root · service · job · person): what sort of
    actor a name tells of, where the provider's own names tell it for sure."""
    likely_natures: Sequence[tuple[str, str]] = ()
    """The same by what names usually look like."""
    actors: Sequence[tuple[str, str]] = ()
    """(condition in SQL on `origin`, expression on it and `identity_arn`): who all the sessions of
    one actor are, where the origin alone does not say it."""
    workload: str = ""
    """Expression in SQL: what kind of workload pulled, for an event `e` and its session `s`."""
    nodes: Mapping[str, str] = field(default_factory=dict)
    """Such workloads that are machines which run what they pull, and their platform."""
    registry: str = ""
    """What its registry is called beside a deployment; empty for the provider's name."""
    asked_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Service to the calls by which somebody sets it to work; its own calls are then for them."""
    creating: Sequence[tuple[str, str]] = ()
    """(event source, name) of calls that make a credential or principal, where records were not
    mapped to an `Event`."""
    creation: Callable[[Mapping[str, Any]], Creation | None] = lambda event: None
    """What such a call made, from its columns in `events`."""
