"""Amazon Web Services: CloudTrail.

Its envelopes are those of `queries.envelopes` and its records need no mapping: the columns of
`events` are CloudTrail's own, and a record becomes a row in SQL (`queries.index.columns`), which
also works out who it names. What its calls mean is in `vocabulary`.
"""

from __future__ import annotations

from queries.providers.aws.calls import (
    ACTORS,
    ASKED_BY,
    CALLS,
    LIKELY_NATURES,
    NATURES,
    NODES,
    WORKLOAD,
)
from queries.providers.aws.creations import KINDS, creation_of
from queries.providers.aws.hosts import MENTION_SIGNS, MENTIONS
from queries.providers.base import Provider

NAME = "aws"
PROVIDER = Provider(
    NAME,
    "AWS",
    mentions=MENTIONS,
    mention_signs=MENTION_SIGNS,
    suffix=".amazonaws.com",
    calls=CALLS,
    natures=NATURES,
    likely_natures=LIKELY_NATURES,
    actors=ACTORS,
    workload=WORKLOAD,
    nodes=NODES,
    registry="ecr",
    asked_by=ASKED_BY,
    creating=tuple(KINDS),
    creation=creation_of,
)
