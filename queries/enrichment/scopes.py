"""Events of a country, a city or a network operator: those of its addresses."""

from __future__ import annotations

from queries.case import Case
from queries.enrichment.model import Enrichment, asn_text
from queries.scope import ADDRESSES, Scope

_ADDRESSES = """
SELECT DISTINCT source_ip_address FROM actors WHERE source_ip_address IS NOT NULL
"""


def scope_of_place(case: Case, known: Enrichment, field: str, value: str) -> Scope:
    """All addresses of the case that are of this `country`, `city` or `asn`."""
    wanted = asn_text(value) or value if field == "asn" else value
    seen = sorted(row[0] for row in case.ask(_ADDRESSES).rows)
    found = known.addresses(field, wanted, seen)
    return Scope(ADDRESSES, f" {' '.join(found)} ", said=f"{field} {wanted}")
