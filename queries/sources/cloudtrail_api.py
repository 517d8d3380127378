"""The event history of an account, for those without a trail: `cloudtrail://?region=eu-west-1`.

LookupEvents gives the management events of the last 90 days, 50 at a time, newest first, at most
twice a second for each account and region, and no data events.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html

Each day of each region is one item of evidence, in the form that `aws cloudtrail lookup-events`
prints. A day that is over is asked for once and kept; a day that was left off in the middle goes on
below the oldest event it has, so no page token outlives a run. Kept days count towards the limit of
the evidence cache, but objects of buckets make room for them: after 90 days nobody can fetch a day
again, so none is ever dropped.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from queries.errors import WrongUsage
from queries.progress import CancelToken
from queries.sources.buckets.faults import STOPPED, Fault, NotFetched
from queries.sources.buckets.options import API_SCHEME, Selection
from queries.sources.local import Item, Listing

if TYPE_CHECKING:
    from queries.sources.s3.client import S3Client

KEPT = timedelta(days=90)
"""How far back the event history goes."""
SETTLED = timedelta(hours=1)
"""Events show up some minutes after they happened: a day younger than this is asked for again."""
PAUSE = 0.5
"""Seconds between two requests to one region."""

_SECOND = timedelta(seconds=1)
_NOT_ASKED = Fault(STOPPED, "was not asked for: the transfer was stopped before it")


FOLDER = "lookup-events"
"""Where days are kept, in the folder of the evidence."""


def kept_bytes(evidence: Path) -> int:
    """Bytes of all days that are kept."""
    found = 0
    for path in (evidence / FOLDER).glob("*"):
        with suppress(OSError):
            found += path.stat().st_size
    return found


@dataclass(frozen=True, slots=True)
class Asking:
    """What a `cloudtrail://` path says."""

    regions: tuple[str, ...]
    source: str = ""
    """Only events of this service (`ecr.amazonaws.com`), the one filter that saves requests."""


@dataclass(frozen=True, slots=True)
class Window:
    """A day, or the part of it that is wanted, in one region; `end` is exclusive."""

    account: str
    region: str
    source: str
    start: datetime
    end: datetime
    as_of: str = ""
    """When it was asked for, if more events of it may still come; empty for a settled day."""

    @property
    def name(self) -> str:
        """Unique and readable, and the same however often a day is asked for."""
        only = f"{self.source}/" if self.source else ""
        return f"{API_SCHEME}{self.account}/{self.region}/{only}{self.start:%Y-%m-%d}.json"


def parse_api_path(path: str) -> Asking:
    """`cloudtrail://?region=A&region=B&source=S`. Raises `WrongUsage`."""
    rest = path.removeprefix(API_SCHEME)
    known = parse_qs(rest.lstrip("/").removeprefix("?"), keep_blank_values=True)
    if not rest.startswith(("?", "/?")) and rest.strip("/"):
        raise WrongUsage(f"{path}: write cloudtrail://?region=NAME, and &region=NAME for more")
    if unknown := set(known) - {"region", "source"}:
        raise WrongUsage(f"{path}: only region and source can be given, not {sorted(unknown)[0]}")
    regions = tuple(part for text in known.get("region", []) for part in text.split(",") if part)
    source = (known.get("source") or [""])[-1]
    if source and "." not in source:
        source = f"{source}.amazonaws.com"
    return Asking(regions, source)


def windows(
    account: str, asking: Asking, regions: list[str], selection: Selection, now: datetime
) -> Iterator[Window]:
    """The days to ask for, oldest first; `now` is naive UTC."""
    latest = now.replace(microsecond=0)
    first = max(selection.since or datetime.min, latest - KEPT).replace(microsecond=0)
    last = min(selection.until or datetime.max, latest)
    for region in regions:
        start = first.replace(hour=0, minute=0, second=0)
        while start < last:
            following = start + timedelta(days=1)
            as_of = "" if following <= latest - SETTLED else f"{latest:%Y-%m-%dT%H:%M:%SZ}"
            yield Window(account, region, asking.source, start, min(following, latest), as_of)
            start = following


class EventHistory:
    """The windows of some `cloudtrail://` paths, fetched by one thread for each region."""

    def __init__(self, client: S3Client, selection: Selection, cancel: CancelToken) -> None:
        self._client = client
        self._selection = selection
        self._cancel = cancel
        self._windows: list[Window] = []
        self._folder = Path()
        self._results: dict[Window, Path | Fault] = {}
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._stopped = False
        self._pause = PAUSE
        self._before: dict[str, tuple[str, Path]] | None = None
        self._own: list[Path] = []

    def go_on_from(self, earlier: EventHistory | None) -> None:
        """Ask, of days that were not over when an earlier history asked, only for what came since.
        Days are then asked for at once, so that one with nothing new is known to be the same."""
        self._before = earlier.had() if earlier is not None else {}

    def had(self) -> dict[str, tuple[str, Path]]:
        """Day (its name) -> when it was asked for (empty when it was over), and where it is."""
        with self._changed:
            found = dict(self._before or {})
            for window, result in self._results.items():
                if isinstance(result, Path):
                    found[window.name] = (window.as_of, result)
        return found

    def take_over(self, earlier: EventHistory) -> None:
        """Drop what the earlier history fetched of days that this one has anew: nothing asks for it
        any more."""
        kept = {path for _, path in self.had().values()}
        for path in earlier._own:
            if path not in kept:
                path.unlink(missing_ok=True)
        self._own += [path for path in earlier._own if path in kept]

    def list_into(self, paths: list[str], listing: Listing, now: datetime | None = None) -> None:
        """Find out the account and the days; nothing is asked about events yet."""
        now = now or datetime.now(UTC).replace(tzinfo=None)
        for path in paths:
            asking = parse_api_path(path)
            regions = list(asking.regions or sorted(self._selection.regions))
            try:
                regions = regions or [self._client.region]
                account = self._account(regions[0])
            except NotFetched as error:
                listing.unreadable.append((path, str(error)))
                continue
            known = set(self._windows)
            found = windows(account, asking, regions, self._selection, now)
            self._windows += [window for window in found if window not in known]
            limits = "the event history has management events of the last 90 days only"
            if any(window.as_of for window in self._windows):
                limits += f"; its last day was asked for at {now:%Y-%m-%d %H:%M:%S} UTC"
            listing.passed_over.append((path, limits))

    def add_items(self, listing: Listing, folder: Path) -> None:
        """An item for each day. Its size is not known before it was asked for, and stays 0."""
        self._folder = folder / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        places = {window: self._place(window) for window in self._windows}
        if self._before is not None:
            places = self._all_now(listing)
        for window, place in places.items():
            item = Item(window.name, place, 0, None, fetch=partial(self._wait, window))
            listing.items.append(item)

    def _all_now(self, listing: Listing) -> dict[Window, Path]:
        """Ask for all days and wait; those that were not had stay as they are known, and are
        named."""
        self.start()
        places: dict[Window, Path] = {}
        for window in self._windows:
            try:
                self._wait(window)
            except NotFetched as error:
                if error.fault.kind != STOPPED:
                    listing.unreadable.append((window.name, str(error)))
                continue
            result = self._results[window]
            if isinstance(result, Path):
                places[window] = result
        return places

    def start(self) -> None:
        """Begin to ask, each region at its own pace; once."""
        if self._threads:
            return
        by_region: dict[str, list[Window]] = {}
        for window in self._windows:
            by_region.setdefault(window.region, []).append(window)
        for region, wanted in by_region.items():
            thread = threading.Thread(
                target=self._work, args=(region, wanted), name="look up", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def faults(self) -> Counter[Fault]:
        """How many days were not had, by reason."""
        with self._changed:
            found = Counter(entry for entry in self._results.values() if isinstance(entry, Fault))
            left = len(self._windows) - len(self._results)
        if self._threads and left:
            found[_NOT_ASKED] += left
        return found

    def __len__(self) -> int:
        return len(self._windows)

    def stop(self) -> None:
        """End it; the pages of an unfinished day are kept for the next run."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    # --- inside --------------------------------------------------------------------------------

    def _account(self, region: str) -> str:
        try:
            return str(self._client.other("sts", region).get_caller_identity()["Account"])
        except NotFetched:
            raise
        except Exception as error:
            raise NotFetched(self._client.fault(error, "sign in")) from None

    def _place(self, window: Window) -> Path:
        # What is not settled has another place each time it is asked for.
        asked = f" as of {window.as_of}" if window.as_of else ""
        digest = hashlib.sha256(f"{window.name}{asked}".encode()).hexdigest()
        return self._folder / f"{digest}.json"

    def _wait(self, window: Window) -> None:
        with self._changed:
            while (result := self._results.get(window)) is None:
                if self._stopped or self._cancel.cancelled or not self._threads:
                    raise NotFetched(_NOT_ASKED)
                self._changed.wait(0.2)
        if isinstance(result, Fault):
            raise NotFetched(result)

    def _work(self, region: str, wanted: list[Window]) -> None:
        end: Fault | None = None
        client: Any = None
        for window in wanted:
            if self._halted():
                return
            result: Path | Fault
            if end is not None:
                result = end
            else:
                try:
                    client = client or self._client.other("cloudtrail", region)
                    result = self._fetch(client, window)
                except NotFetched as error:
                    result = error.fault
                except BaseException as error:
                    result = self._client.fault(error, "lookup")
                if isinstance(result, Fault):
                    if result.kind == STOPPED:
                        return
                    # One region, one permission, one network: the other days would say the same.
                    end = result
            with self._changed:
                self._results[window] = result
                self._changed.notify_all()

    def _fetch(self, client: Any, window: Window) -> Path:
        """One day, from what an earlier run left of it on."""
        place = self._place(window)
        before = (self._before or {}).get(window.name)
        if place.exists() and (before is None or not window.as_of):
            return place
        if before is not None:
            return self._rest(client, window, place, *before)
        unfinished = place.with_suffix(".partial")
        events = _read_partial(unfinished)
        seen = {event["EventId"] for event in events}
        end = window.end - _SECOND
        if events:
            oldest = min(str(event["EventTime"]) for event in events)
            end = min(end, datetime.fromisoformat(oldest) + _SECOND)
        with unfinished.open("a", encoding="utf-8") as out:
            os.chmod(unfinished, 0o600)
            for page in self._pages(client, window, end):
                for event in page:
                    plain = _plain(event)
                    if plain["EventId"] not in seen:
                        seen.add(plain["EventId"])
                        events.append(plain)
                        out.write(json.dumps(plain) + "\n")
                out.flush()
        _finish(place, events)
        unfinished.unlink()
        return place

    def _rest(self, client: Any, window: Window, place: Path, as_of: str, known: Path) -> Path:
        """A day that was asked for before it was over, with what came since; the same file when
        nothing did. Events show up late, so the last of what is known is asked for again."""
        events = json.loads(known.read_text(encoding="utf-8"))["Events"]
        seen = {event["EventId"] for event in events}
        since = datetime.fromisoformat(as_of.removesuffix("Z")) - SETTLED if as_of else window.start
        part = replace(window, start=max(window.start, since))
        fresh = []
        for page in self._pages(client, part, window.end - _SECOND):
            for event in map(_plain, page):
                if event["EventId"] not in seen:
                    seen.add(event["EventId"])
                    fresh.append(event)
        if not fresh:
            return known
        if place == known:  # asked for twice within a second
            place = place.with_name(f"{place.stem}-{len(seen)}.json")
        _finish(place, [*fresh, *events])
        if window.as_of:
            self._own.append(place)
        return place

    def _pages(self, client: Any, window: Window, end: datetime) -> Iterator[list[dict[str, Any]]]:
        asked: dict[str, Any] = {
            "StartTime": window.start.replace(tzinfo=UTC),
            "EndTime": end.replace(tzinfo=UTC),
            "MaxResults": 50,
        }
        if window.source:
            asked["LookupAttributes"] = [
                {"AttributeKey": "EventSource", "AttributeValue": window.source}
            ]
        if end < window.start:
            return
        while True:
            if self._halted():
                raise NotFetched(_NOT_ASKED)
            began = time.monotonic()
            answer = client.lookup_events(**asked)
            yield answer.get("Events", [])
            token = answer.get("NextToken")
            if not token or token == asked.get("NextToken"):
                return
            asked["NextToken"] = token
            with self._changed:
                left = self._pause - (time.monotonic() - began)
                if left > 0 and not self._stopped:
                    self._changed.wait(left)

    def _halted(self) -> bool:
        return self._stopped or self._cancel.cancelled


def _finish(place: Path, events: list[dict[str, Any]]) -> None:
    finished = place.with_suffix(".finished")
    finished.write_text(json.dumps({"Events": events}), encoding="utf-8")
    os.chmod(finished, 0o400)
    finished.replace(place)


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """An event as JSON can hold it; its time in UTC."""
    kept = {key: value for key, value in event.items() if isinstance(value, str | list)}
    moment = event.get("EventTime")
    if isinstance(moment, datetime):
        kept["EventTime"] = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    kept.setdefault(
        "EventId", hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
    )
    return kept


def _read_partial(path: Path) -> list[dict[str, Any]]:
    """Whole lines of an unfinished day; a line that was cut by a crash ends it."""
    found: list[dict[str, Any]] = []
    with suppress(OSError, ValueError), path.open(encoding="utf-8") as stream:
        for line in stream:
            event = json.loads(line)
            if "EventTime" not in event:
                break
            found.append(event)
    return found
