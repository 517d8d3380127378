"""Remote evidence for a case: what is listed becomes items, whose bytes arrive while others are
read."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from queries.errors import InvestigationError
from queries.progress import CancelToken, Progress
from queries.sources.archives import expand
from queries.sources.local import Item, Listing
from queries.sources.s3.choice import Choice, Choose, Offer, Stream, real_day
from queries.sources.s3.client import S3Client
from queries.sources.s3.faults import AGAIN, EMPTY, OTHER, STOPPED, Fault, NotFetched
from queries.sources.s3.fetch import Transfer
from queries.sources.s3.layout import place_of
from queries.sources.s3.listing import list_path
from queries.sources.s3.model import S3Object
from queries.sources.s3.options import API_SCHEME, S3_SCHEME, S3Options, Selection, split_s3_path
from queries.sources.s3.store import EvidenceStore

if TYPE_CHECKING:
    from queries.sources.cloudtrail_api import EventHistory

_PLAIN_NAME = re.compile(
    r".*\.(?:json|ndjson|jsonl|log|csv|txt)(?:\.(?:gz|bz2|xz|zst))?|.*\.parquet", re.IGNORECASE
)
"""Names of objects that are not looked into for archives before reading begins: that would wait
for every one of them. Should one be an archive all the same, the reader names it as such."""

_COPY_GONE = Fault(
    OTHER,
    "the copy of this object is no longer in the evidence cache; open the case together with its"
    " s3:// path to fetch it again",
)


class Remote:
    """How to reach buckets and what is wanted of them; `prepare` before the terminal is taken."""

    def __init__(
        self, options: S3Options | None = None, selection: Selection | None = None
    ) -> None:
        self.options = options or S3Options()
        self.selection = selection or Selection()
        self._client: S3Client | None = None
        self._failed: NotFetched | None = None

    def prepare(self) -> None:
        """Resolve the credentials, asking on the terminal for what must be asked.

        Raises `InvestigationError` with a sentence; nothing is kept anywhere but in memory.
        """
        try:
            self.client()
        except NotFetched as error:
            raise InvestigationError(str(error)) from None

    def client(self) -> S3Client:
        """The client, with credentials. Raises `NotFetched`, the same again when it failed once:
        nobody is asked for a code twice."""
        if self._failed is not None:
            raise self._failed
        if self._client is None:
            client = S3Client(self.options)
            try:
                client.prepare()
            except NotFetched as error:
                self._failed = error
                raise
            self._client = client
        return self._client


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
    """The objects of some `s3://` paths and the days of `cloudtrail://` ones, for one case."""

    def __init__(
        self,
        remote: Remote,
        paths: Sequence[str],
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        listing_cancel: CancelToken | None = None,
    ) -> None:
        self.objects: list[S3Object] = []
        """Listed and wanted, by path and then by key; never one twice."""
        self._remote = remote
        self._paths = [path for path in paths if path.startswith(S3_SCHEME)]
        self._api_paths = [path for path in paths if path.startswith(API_SCHEME)]
        self._history: EventHistory | None = None
        self._progress = progress or Progress()
        self._cancel = cancel or CancelToken()
        self._listing_cancel = listing_cancel or self._cancel
        self._store: EvidenceStore | None = None
        self._transfer: Transfer | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._by_name: dict[str, S3Object] = {}
        self._said: list[str] = []

    def list_into(self, listing: Listing) -> None:
        """List every path; what could not be listed is in `listing.unreadable`.

        The first step, and the only one that `--list` needs.
        """
        self._progress.listing = True
        for path in self._paths:
            bucket, prefix = split_s3_path(path)
            self._list(path, bucket, prefix, listing)
        self._progress.listing = False
        self._by_name = {entry.name: entry for entry in self.objects}
        if self._api_paths:
            self._list_history(listing)

    def ask(self, choose: Choose, listing: Listing) -> None:
        """Let somebody choose among what was listed, if there is more than one thing to choose.

        Raises `Cancelled` when nothing is to be loaded. What was left out is said in the listing.
        """
        offer = Offer(self.shares(), (f"{name}: {why}" for name, why in listing.unreadable))
        if not self.objects or offer.nothing_to_choose:
            return
        choice = choose(offer)
        if not choice.everything:
            self._narrow(choice, listing)

    def add_items(self, listing: Listing, folder: Path | None) -> None:
        """Append an item for each object. `folder` keeps what is fetched; None for a temporary
        one, as when it cannot be written."""
        self._store = self._open_store(folder)
        for index, entry in enumerate(self.objects):
            place, wait = self._store.place(entry), partial(self._wait, index)
            listing.items.append(Item(entry.name, place, entry.size, entry.modified, fetch=wait))
        if self._history is not None:
            self._history.add_items(listing, self._store.folder)

    def start(self, listing: Listing) -> None:
        """Begin to fetch, and look into those objects that may be archives.

        Raises `InvestigationError` when the disk is too small.
        """
        if self._history is not None:
            self._history.start()
        if self._store is not None and self.objects:
            self._transfer = Transfer(
                self._remote.client(), self._store, self.objects, self._cancel, self._progress
            )
            self._progress.stage = f"fetching {len(self.objects):,} objects"
            try:
                self._transfer.start()
            except NotFetched as error:
                raise InvestigationError(str(error)) from None
        items: list[Item] = []
        for item in listing.items:
            if item.fetch is not None and _PLAIN_NAME.fullmatch(item.name):
                items.append(item)
            else:
                part = Listing(
                    [item], passed_over=listing.passed_over, unreadable=listing.unreadable
                )
                expand(part)
                items += part.items
        listing.items = items

    def finish(self) -> list[str]:
        """After reading: keep the cache within its limit; sentences on what was not fetched."""
        if self._store is not None and self._transfer is not None:
            self.used()
            if self._temporary is None:
                self._trim(self._store)
            for fault, count in self._transfer.faults().most_common():
                self._said.append(
                    f"evidence incomplete: {count:,} of {len(self.objects):,} objects not fetched:"
                    f" {fault.text}"
                )
        if self._history is not None:
            for fault, count in self._history.faults().most_common():
                self._said.append(
                    f"evidence incomplete: {count:,} of {len(self._history):,} days of the event"
                    f" history not fetched: {fault.text}"
                )
        return self._said

    def used(self) -> None:
        """Note that the objects were used now: the longest unused are dropped first."""
        if self._store is not None:
            self._store.touch(self.objects)

    @property
    def complete(self) -> bool:
        """Whether everything that was listed could be fetched."""
        transfers = (self._transfer, self._history)
        return not any(transfer.faults() for transfer in transfers if transfer is not None)

    def shares(self) -> list[Share]:
        """Accounts, regions and days with their numbers of objects and bytes, in order."""
        counts: defaultdict[tuple[str, str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        for entry in self.objects:
            place = place_of(entry.key)
            kind = place.service or "other"
            share = counts[entry.bucket, place.account, place.region, place.day_text, kind]
            share[0] += 1
            share[1] += entry.size
        return [Share(*key, *numbers) for key, numbers in sorted(counts.items())]

    def again(self, name: str, path: Path) -> Callable[[], None]:
        """What an item of the opened case calls before it reads its bytes once more."""

        def fetch() -> None:
            entry = self._by_name.get(name.split(" › ", 1)[0])
            if path.exists():
                return
            if entry is None or self._store is None:
                raise NotFetched(_COPY_GONE)
            transfer = self._transfer or Transfer(
                self._remote.client(), self._store, self.objects, CancelToken()
            )
            transfer.fetch_now(entry)

        return fetch

    def cleanup(self) -> None:
        """End what is under way and drop what was only temporary."""
        if self._transfer is not None:
            self._transfer.stop()
        if self._history is not None:
            self._history.stop()
        if self._store is not None:
            self._store.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    # --- inside --------------------------------------------------------------------------------

    def _narrow(self, choice: Choice, listing: Listing) -> None:
        before = len(self.objects)
        self.objects = [entry for entry in self.objects if _chosen(entry, choice)]
        self._by_name = {entry.name: entry for entry in self.objects}
        why = f"{len(self.objects):,} of {before:,} objects were chosen: {choice.in_words()}"
        listing.passed_over.append((self._paths[0], why))

    def _trim(self, store: EvidenceStore) -> None:
        limit = self._remote.options.evidence_limit
        dropped = store.trim(limit)
        if dropped.files and sum(entry.size for entry in self.objects) > limit:
            self._said.append(
                f"the objects are more than the evidence cache may keep ({limit >> 20:,} MiB):"
                f" {dropped.files:,} were dropped and are fetched again when needed"
            )

    def _list_history(self, listing: Listing) -> None:
        from queries.sources.cloudtrail_api import EventHistory

        try:
            client = self._remote.client()
        except NotFetched as error:
            listing.unreadable += [(path, str(error)) for path in self._api_paths]
            return
        self._history = EventHistory(client, self._remote.selection, self._cancel)
        self._history.list_into(self._api_paths, listing)

    def _list(self, path: str, bucket: str, prefix: str, listing: Listing) -> None:
        selection = self._remote.selection
        try:
            client = self._remote.client()
        except NotFetched as error:
            listing.unreadable.append((path, str(error)))
            return
        found = list_path(
            client,
            bucket,
            prefix,
            selection,
            progress=self._progress,
            cancel=self._listing_cancel,
        )
        known = {entry.name for entry in self.objects}
        for entry in found.objects:
            if entry.name in known:
                listing.passed_over.append((entry.name, "the same object again (paths overlap)"))
            else:
                self.objects.append(entry)
        for key in found.markers:
            listing.passed_over.append(
                (f"s3://{bucket}/{key}", "stands for a folder, holds nothing")
            )
        for name in found.hidden:
            listing.passed_over.append((name, "may not be listed; of it only AWSLogs/ was"))
        if found.services:
            names = ", ".join(sorted(found.services))
            listing.passed_over.append((path, f"folders of other services were left out: {names}"))
        if selection.active:
            words = selection.in_words()
            listing.passed_over.append((path, f"only a part was asked for and listed: {words}"))
        for name, fault in found.faults:
            listing.unreadable.append((name, f"{_listing_words(fault)}{fault.text}"))

    def _open_store(self, folder: Path | None) -> EvidenceStore:
        endpoint = self._remote.options.endpoint_url or ""
        if folder is not None:
            try:
                return EvidenceStore(folder, endpoint)
            except OSError:
                # A read-only or full home must not stop an investigation.
                pass
        self._temporary = tempfile.TemporaryDirectory(prefix="ecr-investigate-")
        return EvidenceStore(Path(self._temporary.name) / "evidence", endpoint)

    def _wait(self, index: int) -> None:
        if self._transfer is None:
            raise NotFetched(Fault(STOPPED, f"was not fetched yet; {AGAIN}"))
        self._transfer.wait(index)


def copy_gone(path: Path) -> Callable[[], None]:
    """`RemoteSource.again` for a case that was opened without its paths."""

    def fetch() -> None:
        if not path.exists():
            raise NotFetched(_COPY_GONE)

    return fetch


def _chosen(entry: S3Object, choice: Choice) -> bool:
    place = place_of(entry.key)
    stream = Stream(entry.bucket, place.account, place.region)
    return choice.wants(stream, real_day(place.day_text))


def _listing_words(fault: Fault) -> str:
    return "" if fault.kind in (EMPTY, STOPPED) else "not listed (to its end): "
