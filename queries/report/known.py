"""The section of a report with what the user's own files say about its addresses and accounts."""

from __future__ import annotations

from collections.abc import Sequence

from queries.case import Case
from queries.enrichment.model import Enrichment
from queries.findings.found import Found
from queries.report.document import Code, Document

MOST = 200
"""Addresses listed, those with the most events first."""


def known_places(document: Document, case: Case, found: Found, known: Enrichment) -> None:
    """Addresses of what was found and marked, and the accounts, each with what is known of it.
    Nothing where no file was named."""
    if not known:
        return
    document.heading("Addresses and accounts", "places")
    document.say(
        "From files that the investigator named (databases of addresses, lists of networks, names"
        " of accounts), as they are now; the logs themselves say none of it.",
    )
    if known.knows_addresses:
        _addresses(document, case, found, known)
    named = [
        (Code(account), known.account(account) or "not named")
        for account in case.totals["accounts"]
        if known.accounts
    ]
    if named:
        document.table(("account", "name"), named)


def _addresses(document: Document, case: Case, found: Found, known: Enrichment) -> None:
    rows = case.ask(
        "SELECT source_ip_address, count(*) AS events, min(event_time), max(event_time)"
        " FROM events WHERE event_key IN (SELECT unnest($keys::BIGINT[]))"
        " AND source_ip_address IS NOT NULL"
        " GROUP BY source_ip_address ORDER BY events DESC, source_ip_address",
        {"keys": _keys(case, found)},
    ).rows
    told = [(row, place) for row in rows if (place := known.place(row[0])).known]
    if not told:
        document.say("They know none of the addresses behind what was found or marked.")
        return
    document.table(
        ("address", "events", "first (UTC)", "last (UTC)", "country", "city", "operator", "list"),
        [
            (
                Code(address),
                f"{events:,}",
                f"{first:%Y-%m-%d %H:%M:%S}" if first else "no time",
                f"{last:%Y-%m-%d %H:%M:%S}" if last else "no time",
                place.country,
                place.city,
                " ".join(filter(None, (place.asn, place.organisation))),
                place.network,
            )
            for (address, events, first, last), place in told[:MOST]
        ],
    )
    if len(told) > MOST:
        document.say(f"{len(told) - MOST:,} more are known, with fewer events each.", kind="note")


def _keys(case: Case, found: Found) -> Sequence[int]:
    behind = {key for finding in found.findings for key in finding.event_keys}
    return sorted(behind | set(case.marks.places.values()))
