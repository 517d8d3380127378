"""Which objects are looked into for archives before reading begins."""

from __future__ import annotations

import re

from queries.sources.archives import expand
from queries.sources.buckets.items import RemoteItems
from queries.sources.local import Item, Items, Listing

_PLAIN_NAME = re.compile(
    r".*\.(?:json|ndjson|jsonl|log|csv|txt)(?:\.(?:gz|bz2|xz|zst))?|.*\.parquet", re.IGNORECASE
)
"""Names of objects that are not looked into for archives before reading begins: that would wait
for every one of them. Should one be an archive all the same, the reader names it as such."""


def looked_into(listing: Listing) -> Items:
    """The items of a listing, archives replaced by their members. An object whose name says that it
    is none is not looked into."""
    items = Items()
    plain: list[Item] = []
    for part in listing.items.parts():
        if isinstance(part, RemoteItems) and part.all_match(_PLAIN_NAME):
            items.add(plain)
            plain = []
            items.add(part)
            continue
        for item in part:
            if item.fetch is not None and _PLAIN_NAME.fullmatch(item.name):
                plain.append(item)
                continue
            one = Listing(
                Items([item]), passed_over=listing.passed_over, unreadable=listing.unreadable
            )
            expand(one)
            plain += one.items
    items.add(plain)
    return items
