"""Evidence on the local disk and on standard input.

A path means exactly that path: names are never taken for patterns, so brackets and question
marks in them are only characters. Evidence is opened read-only.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO, overload

from queries.errors import WrongUsage
from queries.sources.pieces import HEADLESS, is_headless, opened, pieces_of

STANDARD_INPUT = "-"

_PARTIAL_SUFFIXES = (".part", ".partial", ".crdownload", ".download", ".filepart")


class Unavailable(OSError):
    """Bytes that could not be had; its text is a whole sentence, for the ledger as it is."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file of evidence: `name` as the user sees it, `path` where its bytes are."""

    name: str
    path: Path
    size: int
    modified: datetime | None
    spooled: bool = False
    """True for standard input, whose bytes exist only in our temporary copy."""
    member: tuple[int, ...] = ()
    """Place within the archive at `path` (and within an archive in that); empty for a file."""
    stored: int | None = None
    """Bytes of a member as stored in its archive, for the bomb limit; None for a file."""
    fetch: Callable[[], None] | None = field(default=None, compare=False, repr=False)
    """For evidence elsewhere: waits until its bytes are at `path`; raises `Unavailable`."""

    def open(self) -> AbstractContextManager[IO[bytes]]:
        """Open the bytes (of a member: the unpacked bytes), read-only."""
        if self.fetch is not None:
            self.fetch()
        if self.member:
            from queries.sources.archives import open_member

            return open_member(self.path, self.member)
        return opened(self.path)


class Items(Sequence[Item]):
    """Items in parts one behind the other. A part may make its items when they are asked for, as
    that of a bucket with a million objects does."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._parts: list[Sequence[Item]] = []
        self._starts: list[int] = []
        self._length = 0
        for item in items:
            self.append(item)

    def append(self, item: Item) -> None:
        last = self._parts[-1] if self._parts else None
        if isinstance(last, list):
            last.append(item)
            self._length += 1
        else:
            self.add([item])

    def add(self, part: Sequence[Item]) -> None:
        """Append many; a part that is no list must not change any more."""
        if len(part):
            self._parts.append(part)
            self._starts.append(self._length)
            self._length += len(part)

    def parts(self) -> list[Sequence[Item]]:
        """The parts, in their order."""
        return list(self._parts)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> list[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | list[Item]:
        if isinstance(place, slice):
            return [self[at] for at in range(self._length)[place]]
        if not -self._length <= place < self._length:
            raise IndexError(place)
        place %= self._length
        part = bisect_right(self._starts, place) - 1
        return self._parts[part][place - self._starts[part]]

    def __iter__(self) -> Iterator[Item]:
        return chain.from_iterable(self._parts)


@dataclass(slots=True)
class Listing:
    """What a walk found: items to read and, said aloud, what was passed over and why."""

    items: Items = field(default_factory=Items)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    """(name, reason) for everything seen but not opened."""
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """(name, reason) for folders and files the system would not let us see."""
    walked: tuple[int, int] | None = None
    """How many of `passed_over` and `unreadable` come from looking for files; those behind them
    are about members of archives."""

    def walk_done(self) -> None:
        """All files were found; what is said from now on is about their content."""
        self.walked = (len(self.passed_over), len(self.unreadable))


_COPIED_FIRST = (
    (("gs://",), "`gcloud storage cp --recursive SOURCE FOLDER`"),
    (
        ("az://", "abfs://", "abfss://", "wasb://", "wasbs://"),
        "`az storage blob download-batch --source CONTAINER --destination FOLDER`, or azcopy",
    ),
)


def why_missing(given: str) -> str:
    """What to say of a path that is not there."""
    for schemes, how in _COPIED_FIRST:
        if given.lower().startswith(schemes):
            return f"such a bucket is not read directly; copy it first ({how}) and give the folder"
    return "no such file or folder; a path is taken literally, without wildcards"


def find_items(paths: Iterable[str], *, spool: Path | None = None) -> Listing:
    """List every file under `paths` in a stable order.

    Raises `WrongUsage` when a given path does not exist: a typing error must not look like
    an empty result. `spool` is where standard input is copied to (a temporary folder if None).
    """
    listing = Listing()
    seen: set[tuple[int, int]] = set()
    for given in paths:
        if given == STANDARD_INPUT:
            listing.items.append(_spool_standard_input(spool))
            continue
        path = Path(given).expanduser() if given.startswith("~") else Path(given)
        try:
            status = path.stat()
        except FileNotFoundError:
            raise WrongUsage(f"{given}: {why_missing(given)}") from None
        except OSError as error:
            listing.unreadable.append((given, _reason(error)))
            continue
        if stat.S_ISDIR(status.st_mode):
            _walk(path, listing, seen)
        else:
            _add(path, status, listing, seen, given=True, spool=spool)
    _put_together(listing)
    return listing


def _put_together(listing: Listing) -> None:
    """Let the first piece of a file that was cut stand for all of it, and say so of the others."""
    wholes: dict[str, Item] = {}
    others: set[str] = set()
    for item in listing.items:
        if not item.spooled and len(pieces := pieces_of(item.path)) > 1:
            wholes[item.name] = _whole(item, pieces)
            for piece in pieces[1:]:
                others.add(os.path.abspath(piece))
                listing.passed_over.append(
                    (str(piece), f"a piece of {item.path.name}, read with it")
                )
    kept = Items()
    headless = False
    for item in listing.items:
        if item.spooled or os.path.abspath(item.path) not in others:
            if not item.spooled and is_headless(item.path):
                headless = True
                listing.unreadable.append((item.name, HEADLESS))
            else:
                kept.append(wholes.get(item.name, item))
    if wholes or headless:
        listing.items = kept


def _whole(first: Item, pieces: Sequence[Path]) -> Item:
    """A file in pieces: as large as all, and changed when one of them was."""
    found = [piece.stat() for piece in pieces]
    changed = datetime.fromtimestamp(max(status.st_mtime for status in found), UTC)
    return replace(first, size=sum(status.st_size for status in found), modified=changed)


def _walk(root: Path, listing: Listing, seen: set[tuple[int, int]]) -> None:
    """Depth first, names sorted, each folder and file once (device and inode), loops ended."""
    try:
        status = root.stat()
        identity = (status.st_dev, status.st_ino)
        if identity in seen:
            listing.passed_over.append((str(root), "the same folder again (link)"))
            return
        seen.add(identity)
        entries = sorted(os.scandir(root), key=lambda entry: entry.name)
    except OSError as error:
        listing.unreadable.append((str(root), _reason(error)))
        return
    for entry in entries:
        path = root / entry.name
        try:
            status = entry.stat()
        except OSError as error:
            listing.unreadable.append((str(path), _reason(error)))
            continue
        if stat.S_ISDIR(status.st_mode):
            _walk(path, listing, seen)
        else:
            _add(path, status, listing, seen, given=False)


def _add(
    path: Path,
    status: os.stat_result,
    listing: Listing,
    seen: set[tuple[int, int]],
    *,
    given: bool,
    spool: Path | None = None,
) -> None:
    if not stat.S_ISREG(status.st_mode):
        # A pipe named by the user (process substitution) is read; one found in a folder
        # could block for ever.
        if given and stat.S_ISFIFO(status.st_mode):
            with path.open("rb") as stream:
                listing.items.append(_spool(stream, str(path), spool))
        else:
            listing.passed_over.append((str(path), "not a regular file"))
        return
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        listing.passed_over.append((str(path), "the same file again (link)"))
        return
    seen.add(identity)
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    listing.items.append(Item(str(path), path, status.st_size, modified))


def looks_like_partial_download(name: str) -> bool:
    """Whether a file name is one that an interrupted transfer leaves behind.

    `aws s3 cp` and `sync` leave NAME.<8 hex>, s3cmd `.s3cmd.*.tmp`, browsers `.part` and
    the like (aws/aws-cli#701, s3tools/s3cmd#636).
    """
    base = base_name(name)
    if base.endswith(_PARTIAL_SUFFIXES) or (base.startswith(".s3cmd.") and base.endswith(".tmp")):
        return True
    stem, dot, last = base.rpartition(".")
    return bool(dot) and "." in stem and len(last) == 8 and _is_hex(last)


def is_digest_name(name: str) -> bool:
    """Whether a name is that of a digest of a trail's log files, or lies where these lie."""
    return "CloudTrail-Digest" in name


def is_system_file(name: str) -> bool:
    """Files that an operating system leaves beside data and that never hold evidence."""
    base = base_name(name)
    return base in {".DS_Store", "Thumbs.db", "desktop.ini"} or base.startswith("._")


def base_name(name: str) -> str:
    """The last part of a path, or of a member's name in an archive."""
    return name.rsplit("/", 1)[-1].rsplit(" › ", 1)[-1]


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in text)


def _spool_standard_input(spool: Path | None) -> Item:
    return _spool(sys.stdin.buffer, "(standard input)", spool)


def _spool(stream: BinaryIO, name: str, spool: Path | None) -> Item:
    """Copy a stream that can be read only once to disk, so that records can be found again."""
    folder = spool or Path(tempfile.mkdtemp(prefix="ecr-investigate-"))
    folder.mkdir(parents=True, exist_ok=True)
    handle, target = tempfile.mkstemp(prefix="input-", dir=folder)
    with os.fdopen(handle, "wb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    return Item(name, Path(target), Path(target).stat().st_size, None, spooled=True)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
