"""How the index of some evidence is built, or grown from an earlier one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from queries.changed import forget_changed, say_changed
from queries.evidence_asked import Evidence
from queries.folders import cache_folder
from queries.growth import (
    Missing,
    files_gone,
    fingerprint,
    forget_failed,
    forget_listed,
    identities,
    keep_listed,
    meta,
    missing,
    set_meta,
    write_listed,
)
from queries.index_file import (
    Opened,
    item_in,
    make,
    open_sealed,
)
from queries.marks.opening import carry_marks
from queries.naming import some
from queries.numbering import Numbers, counted, numbered_as_listed
from queries.partly import Newest
from queries.progress import CancelToken, Progress
from queries.sources.buckets.options import is_remote
from queries.sources.local import Item, Items, Listing

if TYPE_CHECKING:
    from queries.index.build import Number
    from queries.sources.buckets.source import RemoteSource

_NOT_YET = "are not read yet; the newest come first"
_INCOMPLETE = "incomplete "
"""Stands before the fingerprint of an index that lacks objects which could not be fetched: kept,
and completed when the same evidence is opened again."""


def missing_from(before: Path, listing: Listing, evidence: Evidence) -> Missing | None:
    """What a listing has that an index lacks; None when the index has to be built anew: it is of a
    reading that was stopped, or less than half of it would be left."""
    connection, totals = open_sealed(before)
    try:
        if totals.get("stopped"):
            return None
        lacking = missing(connection, listing.items, retry=True)
        # A case keeps what it has read; a cache holds what is there.
        if lacking.gone and evidence.case_file is None:
            lacking = replace(lacking, gone=0, left=files_gone(connection, listing.items))
        known = len(listing.items) - lacking.fresh + len(lacking.left)
    finally:
        connection.close()
    return lacking if 2 * (len(lacking.changed) + len(lacking.left)) <= known else None


def say_part(totals: dict[str, Any], read: int, found: int) -> None:
    """Write into totals that only so many of the files that were found are read."""
    totals["part"], totals["evidence_complete"] = [read, found], False
    notes = [note for note in totals["notes"] if not note.endswith(_NOT_YET)]
    totals["notes"] = [f"{found - read:,} of {found:,} files {_NOT_YET}", *notes]


@dataclass(slots=True)
class Work:
    """Making an index for some evidence."""

    evidence: Evidence
    source: RemoteSource | None
    spool: Path
    progress: Progress
    cancel: CancelToken
    again: bool = False
    """Whether a case is open that this looks at again: a file of it that changed must be readable
    then, or the case stays as it is."""
    retries: bool = True
    """Whether what could not be fetched before was asked for again."""
    name: str = ""
    """The fingerprint of all that was found. Without it (only a part was looked at) it is that of
    all that the index has."""
    files: tuple[int, int] = (0, 0)
    """All that was found, as `counted` knows it."""
    part: tuple[int, int] | None = None
    """Of the files that were found, how many will have been read when this is done, and all of
    them; None when that is the same."""
    _picked: Sequence[int] = ()
    """The places of these, ascending."""
    _everything: Items | None = None
    """All that was found, of which `pick` left a part."""
    left: Missing | None = None
    """What is left to be read after this."""
    _lacked: bool = False
    """Whether something could not be fetched that was not asked for again."""
    _later: list[Item] = field(default_factory=list)
    """What failed before, and is tried again only with a later part."""

    def pick(self, listing: Listing, lacking: Missing) -> Items:
        """Leave only what is lacking in a listing, and to be fetched; returns these items as they
        are before archives are opened."""
        start = 0
        picked = Items()
        for part in listing.items.parts():
            end = start + len(part)
            places = [at - start for at in lacking.places if start <= at < end]
            if self.source is not None and self.source.is_part(part):
                picked.add(self.source.only(places))
            else:
                picked.add([part[at] for at in places])
            start = end
        self._everything, listing.items = listing.items, picked
        self._picked = lacking.places
        return picked

    def only_first(
        self, listing: Listing, lacking: Missing | None, limit: int, seconds: float | None = None
    ) -> Missing | None:
        """Leave for later what is more than some `limit` bytes of a listing, of which all (None)
        or a part is lacking, and what of a bucket's objects does not come within some seconds.
        The index is then not that of the listing."""
        found = len(listing.items)
        every = lacking or Missing(list(range(found)), found, 0, ())
        newest = Newest(listing.items, every)
        now = set(newest.first(limit))
        if self.source is not None:
            now = self._that_come_soon(listing, newest, now, seconds)
        left = len(newest.places) - len(now)
        if not left:
            return lacking
        later = [at for at in every.places if at not in now]
        self.left = replace(every, places=later, changed=(), left=(), failed=(), fresh=left)
        self.part, self.name = (found - left, found), ""
        self._later = [listing.items[at] for at in every.failed if at not in now]
        fresh = min(every.fresh, len(now))
        return replace(every, places=sorted(now), fresh=fresh)

    def _that_come_soon(
        self, listing: Listing, newest: Newest, now: set[int], seconds: float | None
    ) -> set[int]:
        """Begin to fetch, the newest objects first; returns what of `now` is to be read now."""
        assert self.source is not None  # noqa: S101 - asked by the caller
        start = 0
        for part in listing.items.parts():
            if self.source.is_part(part):
                break
            start += len(part)
        else:
            return now
        ours = range(start, start + len(part))
        self.source.fetch_only([at - start for at in newest.places if at in ours])
        if seconds is not None:
            sought = [at - start for at in newest.places if at in now and at in ours]
            came = {start + place for place in self.source.soon(sought, seconds)}
            elsewhere = {at for at in now if at not in ours}
            now = newest.all_if_few_are_left(came | elsewhere | set(newest.urgent))
        # When nothing more will come, that is said of all at once.
        return set(newest.places) if self.source.over else now

    def build(self, listing: Listing, looked: Items) -> Opened:
        """From nothing."""
        from queries.index.build import build_index  # a kept index is opened without all this

        def fill(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], Path | None]:
            if self.evidence.case_file is not None and self.evidence.case_file.exists():
                carry_marks(self.evidence.case_file, connection)
            totals = build_index(
                connection,
                listing,
                self.progress,
                self.cancel,
                workers=self.evidence.workers,
                fast=self.evidence.fast,
                number=number,
            )
            if number is not None:
                set_meta(connection, numbered=list(self.files))
            return totals, self._finish(connection, listing, looked, totals)

        # Numbers are left free for what is read later.
        number = partial(self._as_listed, listing, looked) if self.part is not None else None
        return self._make(fill, None)

    def grow(self, before: Path, listing: Listing, looked: Items, lacking: Missing) -> Opened:
        """From an earlier index; only the items of `listing` are read."""
        from queries.index.build import grow_index
        from queries.index.touched import Touched

        everything = self._everything if lacking.left else None

        if lacking.gone and not listing.unreadable:  # else they may only not have been seen
            why = (
                "no longer there, and read before:"
                f" {some(lacking.gone, 'file')}; what was read stays in the case"
            )
            listing.passed_over.insert(0, (self.evidence.paths[0], why))
            if listing.walked is not None:
                listing.walked = (listing.walked[0] + 1, listing.walked[1])

        def fill(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], Path | None]:
            touched = Touched(connection)
            changed = forget_changed(connection, lacking.changed, touched)
            if everything is not None:
                forget_changed(connection, lacking.left, touched)
                keep_listed(connection, everything)
            forget_failed(connection, looked)
            forget_listed(connection, self._later)
            lacked = meta(connection)["fingerprint"].startswith(_INCOMPLETE)
            self._lacked = lacked and not self.retries
            number: Number | None = partial(self._as_listed, listing, looked)
            if meta(connection).get("numbered") != json.dumps(list(self.files)):
                number = None  # what was found is not what was numbered
                set_meta(connection, numbered=[])
            totals = grow_index(
                connection,
                listing,
                lambda number: self._old_item(connection, number),
                self.progress,
                self.cancel,
                touched,
                workers=self.evidence.workers,
                fast=self.evidence.fast,
                number=number,
            )
            if changed:
                say_changed(connection, changed, must_be_read=self.again)
                totals["changed_files"] = len(changed)
            return totals, self._finish(connection, listing, looked, totals)

        opened = self._make(fill, before)
        if not opened[2]["stopped"]:
            self.evidence.drop_superseded(before, opened[1])
        return opened

    def _as_listed(self, listing: Listing, looked: Items, free: int) -> Numbers:
        """The numbers that the items have in the listing of which they are a part."""
        listing.items, numbers = numbered_as_listed(
            looked, self._picked, listing.items, max(free, self.files[0])
        )
        return numbers

    # --- inside --------------------------------------------------------------------------------

    def _make(self, fill: Any, before: Path | None) -> Opened:
        from queries.index.build import default_workers

        case_file = self.evidence.case_file
        folder = case_file.parent if case_file is not None else cache_folder()
        keeps = case_file is not None or self.evidence.use_cache
        opened = make(
            fill,
            folder if keeps else None,
            self.spool,
            asked=case_file is not None,
            workers=max(2, self.evidence.workers or default_workers()),
            before=before,
        )
        self.evidence.keep_pointer(opened[1])
        return opened

    def _finish(
        self,
        connection: duckdb.DuckDBPyConnection,
        listing: Listing,
        looked: Items,
        totals: dict[str, Any],
    ) -> Path | None:
        """Write down what was asked for and what was read; returns where the index is kept."""
        write_listed(connection, looked)
        if self.part is not None:
            say_part(totals, *self.part)
        name = self.name or fingerprint(counted(identities(connection)), listing)
        kept = self.evidence.target(name)
        choice = None
        if self.source is not None:
            whole = self.part is None
            totals["notes"][:0] = self.source.finish(whole=whole)
            choice = self.source.choice
            if self._lacked or not self.source.complete(whole=whole):
                name = _INCOMPLETE + name
        set_meta(
            connection,
            totals=totals,
            fingerprint=name,
            asked=self.evidence.asked(),
            choice=choice.plain() if choice is not None else {},
        )
        return kept

    def _old_item(self, connection: duckdb.DuckDBPyConnection, number: int) -> Item:
        """A file read before, for checking it against a digest: fetched again if need be."""
        item = item_in(connection, number)
        if self.source is None or not is_remote(item.name):
            return item
        return replace(item, fetch=self.source.again(item.name, item.path))
