"""A listing in little memory: a bucket may hold a million objects that are wanted.

As an `S3Object` each, with strings and a time of its own, one takes 500 bytes; here about 150.
Objects are made when they are asked for.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import overload

from queries.sources.buckets.model import S3Object

_HEAD = struct.Struct("<IBqqH")
"""Folder and storage class (by number), size, time of change (microseconds), length of the ETag."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NO_TIME = -(1 << 62)
_VERSION = "\0"
"""Stands between an ETag and the version, where there is one."""
_HEX = 0x8000
"""Marks an ETag kept as the bytes that it writes in hexadecimal."""


class Objects(Sequence[S3Object]):
    """Objects in the order they were added, or, after `sort`, by bucket and key."""

    def __init__(self, objects: Iterable[S3Object] = ()) -> None:
        self._records: list[bytes] = []
        self._folders: list[tuple[str, str, str]] = []
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._classes: list[str] = []
        self.extend(objects)

    def append(self, entry: S3Object) -> None:
        folder, leaf = _split(entry.key)
        etag, mark = _packed_etag(entry)
        modified = _NO_TIME if entry.modified is None else (entry.modified - _EPOCH) // _MICROSECOND
        head = _HEAD.pack(
            self._folder((entry.scheme, entry.bucket, folder)),
            self._class(entry.storage_class),
            entry.size,
            modified,
            len(etag) | mark,
        )
        self._records.append(head + etag + leaf.encode("utf-8", "surrogatepass"))

    def extend(self, objects: Iterable[S3Object]) -> None:
        for entry in objects:
            self.append(entry)

    def sort(self) -> None:
        """By bucket and key, as S3 lists them."""
        names = sorted(
            (f"{scheme}{bucket}/{folder}", n)
            for n, (scheme, bucket, folder) in enumerate(self._folders)
        )
        if any(after.startswith(before) for (before, _), (after, _) in itertools.pairwise(names)):
            # A folder lies in another one: their objects may come mixed.
            self._records.sort(
                key=lambda record: self._name(record).encode("utf-8", "surrogatepass")
            )
            return
        # Else the order of folders is that of their objects, and no key has to be made.
        parts: list[list[bytes]] = [[] for _ in names]
        for record in self._records:
            parts[_HEAD.unpack_from(record)[0]].append(record)
        self._records.clear()
        for _, number in names:
            parts[number].sort(key=_leaf)
            self._records += parts[number]
            parts[number] = []

    def picked(self, places: Iterable[int]) -> Objects:
        """Some of them, by their places."""
        found = Objects()
        found._folders, found._numbers, found._classes = self._folders, self._numbers, self._classes
        found._records = [self._records[place] for place in places]
        return found

    def size(self, place: int) -> int:
        """Bytes of one, without making it."""
        size: int = _HEAD.unpack_from(self._records[place])[2]
        return size

    def find(self, name: str) -> S3Object | None:
        """The object of a name (`s3://bucket/key`); looks at all of them."""
        for record in self._records:
            if name.endswith(_leaf(record).decode("utf-8", "surrogatepass")):
                entry = self._made(record)
                if entry.name == name:
                    return entry
        return None

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, place: int) -> S3Object: ...
    @overload
    def __getitem__(self, place: slice) -> Objects: ...
    def __getitem__(self, place: int | slice) -> S3Object | Objects:
        if isinstance(place, slice):
            return self.picked(range(len(self))[place])
        return self._made(self._records[place])

    def __iter__(self) -> Iterator[S3Object]:
        return map(self._made, self._records)

    # --- inside --------------------------------------------------------------------------------

    def _made(self, record: bytes) -> S3Object:
        number, storage, size, modified, length = _HEAD.unpack_from(record)
        scheme, bucket, folder = self._folders[number]
        start = _HEAD.size + (length & ~_HEX)
        packed = record[_HEAD.size : start]
        etag, _, version = (
            (packed.hex(), "", "")
            if length & _HEX
            else packed.decode("utf-8", "surrogatepass").partition(_VERSION)
        )
        return S3Object(
            bucket,
            folder + record[start:].decode("utf-8", "surrogatepass"),
            size,
            etag,
            None if modified == _NO_TIME else _EPOCH + timedelta(microseconds=modified),
            self._classes[storage],
            scheme,
            version,
        )

    def _name(self, record: bytes) -> str:
        scheme, bucket, folder = self._folders[_HEAD.unpack_from(record)[0]]
        return f"{scheme}{bucket}/{folder}{_leaf(record).decode('utf-8', 'surrogatepass')}"

    def _folder(self, folder: tuple[str, str, str]) -> int:
        number = self._numbers.get(folder)
        if number is None:
            number = self._numbers[folder] = len(self._folders)
            self._folders.append(folder)
        return number

    def _class(self, name: str) -> int:
        if name not in self._classes:
            self._classes.append(name)
        return self._classes.index(name)


def _split(key: str) -> tuple[str, str]:
    place = key.rfind("/") + 1
    return key[:place], key[place:]


def _leaf(record: bytes) -> bytes:
    return record[_HEAD.size + (_HEAD.unpack_from(record)[4] & ~_HEX) :]


def _packed_etag(entry: S3Object) -> tuple[bytes, int]:
    """An ETag is nearly always 32 hexadecimal digits; any other text is kept as it is."""
    etag = f"{entry.etag}{_VERSION}{entry.version}" if entry.version else entry.etag
    if len(etag) == 32 and etag == etag.lower():
        try:
            packed = bytes.fromhex(etag)
        except ValueError:
            pass
        else:
            if len(packed) == 16:
                return packed, _HEX
    return etag.encode("utf-8", "surrogatepass")[: _HEX - 1], 0
