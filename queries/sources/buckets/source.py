"""Remote evidence for a case: what is listed becomes items, whose bytes arrive while others are
read."""

from __future__ import annotations

import tempfile
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from queries.errors import InvestigationError
from queries.progress import CancelToken, Progress
from queries.sources.buckets.archives import looked_into
from queries.sources.buckets.choice import Choice, Choose, Offer, Stream, real_day
from queries.sources.buckets.clouds import CLOUDS, Address, address_of, place_of
from queries.sources.buckets.faults import AGAIN, EMPTY, OTHER, STOPPED, Fault, NotFetched
from queries.sources.buckets.fetch import Transfer
from queries.sources.buckets.items import RemoteItems
from queries.sources.buckets.listing import list_path
from queries.sources.buckets.model import S3Object
from queries.sources.buckets.objects import Objects
from queries.sources.buckets.options import API_SCHEME
from queries.sources.buckets.remote import Remote
from queries.sources.buckets.store import EvidenceStore, shown_bucket
from queries.sources.local import Item, Listing

if TYPE_CHECKING:
    from queries.sources.cloudtrail_api import EventHistory

_COPY_GONE = Fault(
    OTHER,
    "the copy of this object is no longer in the evidence cache; open the case together with its"
    " path to fetch it again",
)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a listing: what an account's region wrote in a day, for `--list`."""

    bucket: str
    account: str
    region: str
    day: str
    kind: str
    """`CloudTrail`, `CloudTrail-Digest` …; `other` where the layout does not say."""
    objects: int
    bytes: int


class RemoteSource:
    """The objects of some paths of buckets and the days of `cloudtrail://` ones, for one case."""

    def __init__(
        self,
        remote: Remote,
        paths: Sequence[str],
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        listing_cancel: CancelToken | None = None,
    ) -> None:
        self.objects = Objects()
        """Listed and wanted, by path and then by key; never one twice."""
        self.choice = Choice()
        """What of the listing is wanted."""
        self._remote = remote
        self._paths = [path for path in paths if not path.startswith(API_SCHEME)]
        self._api_paths = [path for path in paths if path.startswith(API_SCHEME)]
        self._history: EventHistory | None = None
        self._progress = progress or Progress()
        self._cancel = cancel or CancelToken()
        self._listing_cancel = listing_cancel or self._cancel
        self._store: EvidenceStore | None = None
        self._transfer: Transfer | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._shares_store = False
        self._places: Sequence[int] | None = None
        self._follows: RemoteSource | None = None
        self._heard = Listing()

    @property
    def remote(self) -> Remote:
        return self._remote

    @property
    def progress(self) -> Progress | None:
        """How far the transfer is; None when there is none."""
        return self._progress if self._transfer is not None else None

    def newer(
        self, progress: Progress, cancel: CancelToken, *, since: datetime | None = None
    ) -> RemoteSource:
        """A source for what came since: the same paths, choice and store, of days from `since`
        on."""
        remote = self._remote.narrowed(since) if since is not None else self._remote
        other = RemoteSource(remote, [*self._paths, *self._api_paths], progress, cancel)
        other._follows = self
        other.choice, other._store, other._shares_store = self.choice, self._store, True
        return other

    def absorb(self, other: RemoteSource) -> None:
        """Know the objects that a newer source fetched, for raw records."""
        for place in other._places if other._places is not None else range(len(other.objects)):
            self.objects.append(other.objects[place])
        if other._history is not None:
            if self._history is not None:
                other._history.take_over(self._history)
            self._history = other._history

    def list_into(self, listing: Listing) -> None:
        """List every path; what could not be listed is in `listing.unreadable`.

        The first step, and the only one that `--list` needs.
        """
        before = len(listing.passed_over), len(listing.unreadable)
        self._progress.listing = True
        for path in self._paths:
            self._list(path, address_of(path, self._remote.options), listing)
        self._progress.listing = False
        if self._api_paths:
            self._list_history(listing)
        self._heard.passed_over = listing.passed_over[before[0] :]
        self._heard.unreadable = listing.unreadable[before[1] :]

    def list_as_before(self, listing: Listing) -> None:
        """What this source has listed and what was chosen of it, without asking the service."""
        listing.passed_over += self._heard.passed_over
        listing.unreadable += self._heard.unreadable
        for part in self._heard.items.parts():
            listing.items.add(part)

    def ask(self, choose: Choose, listing: Listing) -> None:
        """Let somebody choose among what was listed, if there is more than one thing to choose.

        Raises `Cancelled` when nothing is to be loaded. What was left out is said in the listing.
        """
        offer = Offer(self.shares(), (f"{name}: {why}" for name, why in listing.unreadable))
        if not self.objects or offer.nothing_to_choose:
            return
        self.narrow(choose(offer), listing)

    def narrow(self, choice: Choice, listing: Listing) -> None:
        """Keep what was chosen of the objects listed, and say so in the listing."""
        self.choice = choice
        if choice.everything:
            return
        wanted = [at for at, entry in enumerate(self.objects) if _chosen(entry, choice)]
        if len(wanted) < len(self.objects):
            # The numbers are those of today: more may come, and the choice stays the same.
            why = f"only a part was chosen ({len(wanted):,} of {len(self.objects):,} objects)"
            said = (self._paths[0], f"{why}: {choice.in_words()}")
            listing.passed_over.append(said)
            self._heard.passed_over.append(said)
        self.objects = self.objects.picked(wanted)

    def add_items(self, listing: Listing, folder: Path | None) -> None:
        """Append an item for each object. `folder` keeps what is fetched; None for a temporary
        one, as when it cannot be written."""
        if self._store is None:
            self._store = self._open_store(folder)
        self._heard.items.add(RemoteItems(self.objects, self._store, self._wait))
        if self._history is not None:
            said = len(self._heard.unreadable)
            self._history.add_items(self._heard, self._store.folder)
            listing.unreadable += self._heard.unreadable[said:]
        for part in self._heard.items.parts():
            listing.items.add(part)

    def is_part(self, items: Sequence[Item]) -> bool:
        """Whether these are the items of this source's objects."""
        return isinstance(items, RemoteItems)

    def fetch_only(self, places: Sequence[int]) -> None:
        """Fetch no objects but those at these places, in this order, if nothing is fetched yet."""
        if self._transfer is None:
            self._places = array("I", sorted(places))
            self._begin(places)

    def soon(self, places: Sequence[int], seconds: float) -> list[int]:
        """Those of some objects that came within some seconds, one at least; all when the others
        need not be waited for longer."""
        if self._transfer is None or not places:
            return []
        found = self._transfer.soon([self._number(place) for place in places], seconds)
        return [place if self._places is None else self._places[place] for place in found]

    @property
    def over(self) -> bool:
        """Whether there is no use in fetching more, or it was stopped."""
        return self._transfer is not None and self._transfer.over

    def rest(self) -> None:
        """Fetch nothing more, until something is to be read again."""
        if self._transfer is not None:
            self._transfer.rest()

    def only(self, places: Sequence[int]) -> Sequence[Item]:
        """The items of the objects at these places, in ascending order; if nothing was fetched
        yet, only these are."""
        assert self._store is not None  # noqa: S101 - `add_items` comes first
        wanted = array("I", places)
        if self._transfer is None:
            self._places = wanted
        return RemoteItems(self.objects, self._store, self._wait, wanted)

    def start(self, listing: Listing) -> None:
        """Fetch, before all others, what is to be read now, as it is going to be read; and look
        into those objects that may be archives.

        Raises `InvestigationError` when the disk is too small.
        """
        if self._history is not None:
            self._history.start()
        places = [
            place
            for part in listing.items.parts()
            if isinstance(part, RemoteItems)
            for place in part.by_delivery()
        ]
        if self._transfer is None:
            self._begin(places)
        else:
            self._transfer.first([self._number(place) for place in places])
            self._transfer.go_on()
        listing.items = looked_into(listing)

    def _begin(self, places: Sequence[int]) -> None:
        objects = self._fetched
        if self._store is None or not len(objects):
            return
        order = [self._number(place) for place in places]
        transfer = self._new_transfer(self._store, objects, self._cancel, self._progress, order)
        self._progress.stage = f"fetching {len(objects):,} objects"
        try:
            transfer.start()
        except NotFetched as error:
            raise InvestigationError(str(error)) from None
        self._transfer = transfer

    def _number(self, place: int) -> int:
        """Where an object is among those that are fetched, as their places ascend."""
        return place if self._places is None else bisect_left(self._places, place)

    @property
    def _fetched(self) -> Objects:
        """The objects that are fetched, in the order of their items."""
        return self.objects if self._places is None else self.objects.picked(self._places)

    def finish(self, *, whole: bool = True) -> list[str]:
        """After reading: sentences on what was not fetched. When this was the whole, keep the
        cache within its limit; else the rest is still to come."""
        said: list[str] = []
        if whole and self._store is not None and (self._transfer or self._history) is not None:
            self.used()
            if self._temporary is None:
                said += self._trim(self._store)
        if self._transfer is not None:
            asked = len(self.objects if self._places is None else self._places)
            for fault, count in self._transfer.faults().most_common():
                said.append(
                    f"evidence incomplete: {count:,} of {asked:,} objects not fetched: {fault.text}"
                )
        if whole and self._history is not None:
            for fault, count in self._history.faults().most_common():
                said.append(
                    f"evidence incomplete: {count:,} of {len(self._history):,} days of the event"
                    f" history not fetched: {fault.text}"
                )
        return said

    def used(self) -> None:
        """Note that the objects were used now: the longest unused are dropped first."""
        if self._store is not None:
            self._store.touch(self.objects)

    def complete(self, *, whole: bool = True) -> bool:
        """Whether everything that was listed could be fetched, so far if this is not the whole."""
        transfers = (self._transfer, self._history if whole else None)
        return not any(transfer.faults() for transfer in transfers if transfer is not None)

    def shares(self) -> list[Share]:
        """Accounts, regions and days with their numbers of objects and bytes, in order."""
        counts: defaultdict[tuple[str, str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        for entry in self.objects:
            place = place_of(entry)
            kind = place.service or "other"
            share = counts[shown_bucket(entry), place.account, place.region, place.day_text, kind]
            share[0] += 1
            share[1] += entry.size
        return [Share(*key, *numbers) for key, numbers in sorted(counts.items())]

    def again(self, name: str, path: Path) -> Callable[[], None]:
        """What an item of the opened case calls before it reads its bytes once more."""

        def fetch() -> None:
            if path.exists():
                return
            entry = self.objects.find(name.split(" › ", 1)[0])
            if entry is None or self._store is None:
                raise NotFetched(_COPY_GONE)
            transfer = self._transfer or self._new_transfer(
                self._store, self.objects, CancelToken(), None
            )
            transfer.fetch_now(entry)

        return fetch

    def cleanup(self) -> None:
        """End what is under way and drop what was only temporary."""
        if self._transfer is not None:
            self._transfer.stop()
        if self._history is not None:
            self._history.stop()
        if self._store is not None and not self._shares_store:
            self._store.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    # --- inside --------------------------------------------------------------------------------

    def _trim(self, store: EvidenceStore) -> list[str]:
        from queries.sources.cloudtrail_api import kept_bytes

        limit = self._remote.options.evidence_limit
        dropped = store.trim(limit, kept_bytes(store.folder))
        if dropped.files and sum(entry.size for entry in self.objects) > limit:
            return [
                f"the objects are more than the evidence cache may keep ({limit >> 20:,} MiB):"
                f" {dropped.files:,} were dropped and are fetched again when needed"
            ]
        return []

    def _list_history(self, listing: Listing) -> None:
        from queries.sources.cloudtrail_api import EventHistory

        try:
            client = self._remote.client()
        except NotFetched as error:
            listing.unreadable += [(path, str(error)) for path in self._api_paths]
            return
        self._history = EventHistory(client, self._remote.selection, self._cancel)
        if self._follows is not None:
            self._history.go_on_from(self._follows._history)
        self._history.list_into(self._api_paths, listing)

    def _list(self, path: str, where: Address, listing: Listing) -> None:
        selection = self._remote.selection
        try:
            door = self._remote.door(where.scheme)
        except NotFetched as error:
            listing.unreadable.append((path, str(error)))
            return
        found = list_path(
            door,
            where,
            selection,
            progress=self._progress,
            cancel=self._listing_cancel,
        )
        self._take(path, found.objects, listing)
        for key in found.markers:
            listing.passed_over.append(
                (where._replace(prefix=key).name, "stands for a folder, holds nothing")
            )
        for name in found.hidden:
            root = CLOUDS[where.scheme].root
            listing.passed_over.append((name, f"may not be listed; of it only {root}/ was"))
        if found.services:
            names = ", ".join(sorted(found.services))
            listing.passed_over.append((path, f"folders of other services were left out: {names}"))
        if selection.active:
            words = selection.in_words()
            listing.passed_over.append((path, f"only a part was asked for and listed: {words}"))
        for name, fault in found.faults:
            listing.unreadable.append((name, f"{_listing_words(fault)}{fault.text}"))

    def _take(self, path: str, objects: Objects, listing: Listing) -> None:
        """Add what a path holds; an object that another path gave already is passed over."""
        names = [address_of(one, self._remote.options).name for one in self._paths]
        at = self._paths.index(path)
        others = [other for other in names[:at] if _overlap(other, names[at])]
        if not self.objects:
            self.objects = objects
        elif not others:
            self.objects.extend(objects)
        else:
            known = {entry.name for entry in self.objects}
            for entry in objects:
                if entry.name in known:
                    why = "the same object again (paths overlap)"
                    listing.passed_over.append((entry.name, why))
                else:
                    self.objects.append(entry)

    def _open_store(self, folder: Path | None) -> EvidenceStore:
        options = self._remote.options
        endpoints = {scheme: cloud.endpoint(options) for scheme, cloud in CLOUDS.items()}
        if folder is not None:
            try:
                return EvidenceStore(folder, endpoints)
            except OSError:
                # A read-only or full home must not stop an investigation.
                pass
        self._temporary = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
        return EvidenceStore(Path(self._temporary.name) / "evidence", endpoints)

    def _new_transfer(
        self,
        store: EvidenceStore,
        objects: Objects,
        cancel: CancelToken,
        progress: Progress | None,
        order: Sequence[int] | None = None,
    ) -> Transfer:
        remote = self._remote
        threads = remote.options.threads
        return Transfer(remote.door, threads, store, objects, cancel, progress, order)

    def _wait(self, index: int) -> None:
        if self._transfer is None:
            raise NotFetched(Fault(STOPPED, f"was not fetched yet; {AGAIN}"))
        self._transfer.wait(self._number(index))


def copy_gone(path: Path) -> Callable[[], None]:
    """`RemoteSource.again` for a case that was opened without its paths."""

    def fetch() -> None:
        if not path.exists():
            raise NotFetched(_COPY_GONE)

    return fetch


def _chosen(entry: S3Object, choice: Choice) -> bool:
    place = place_of(entry)
    stream = Stream(shown_bucket(entry), place.account, place.region)
    return choice.wants(stream, real_day(place.day_text))


def _overlap(one: str, other: str) -> bool:
    """Whether one path can hold objects of another."""
    return one.startswith(other.rstrip("/")) or other.startswith(one.rstrip("/"))


def _listing_words(fault: Fault) -> str:
    return "" if fault.kind in (EMPTY, STOPPED) else "not listed (to its end): "
