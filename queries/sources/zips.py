"""The members of a zip archive: by the list at its end, or by what stands before each of them.

A zip that is cut has no list (a download that broke off, a disk that was full); everything up to
the cut is still there and is read, the part of a member as well.
Formats of the headers: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast

from queries.sources.member import ENCRYPTED, MAX_MEMBERS, NOT_A_FILE, Chunks, Member

STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
"""How a zip begins: with a member, empty, or as the first part of several."""

_HEADER = struct.Struct("<4s5H3I2H")
"""Before a member: mark, version, flags, method, time, date, CRC, sizes, lengths of the name and of
what else is said."""
_MEMBER, _DESCRIPTOR, _LIST = b"PK\x03\x04", b"PK\x07\x08", b"PK\x01\x02"
_ENCRYPTED_FLAG, _SIZE_FOLLOWS, _UTF8 = 1, 8, 1 << 11
_STORED, _DEFLATED = 0, 8
_ZIP64, _SAID_IN_ZIP64 = 1, 0xFFFFFFFF
_CHUNK = 1 << 16
_STEP = 4 << 10


def zip_members(stream: IO[bytes]) -> Iterator[Member]:
    """Members in their order; each can be opened until the next is asked for.

    Raises `zipfile.BadZipFile` once all that is there was given, when the list of members is
    missing.
    """
    archive = _listed(stream)
    if archive is None:
        yield from _without_list(stream)
        return
    for index, info in enumerate(archive.infolist()[:MAX_MEMBERS]):
        if info.is_dir():
            continue
        mode = info.external_attr >> 16
        refused = ""
        if info.flag_bits & _ENCRYPTED_FLAG:
            refused = ENCRYPTED
        elif mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            refused = NOT_A_FILE
        yield Member(
            index,
            info.filename,
            info.file_size,
            _time(info.date_time),
            info.compress_size,
            None if refused else _opener(stream, archive, info),
            refused,
        )


def names_of(stream: IO[bytes]) -> list[str]:
    """What the members are called, of a zip that has its list; else nothing."""
    archive = _listed(stream)
    return [] if archive is None else archive.namelist()


def _listed(stream: IO[bytes]) -> zipfile.ZipFile | None:
    """The archive by its list, or None where that is missing or is none."""
    try:
        return zipfile.ZipFile(stream)
    except OSError:
        raise
    except Exception:  # zipfile has many words for it: struct.error, UnicodeDecodeError …
        return None


def _opener(
    stream: IO[bytes], archive: zipfile.ZipFile, info: zipfile.ZipInfo
) -> Callable[[], IO[bytes]]:
    if info.compress_type not in (_STORED, _DEFLATED):
        return lambda: _opened(_by_zipfile(archive, info))
    place = _Place(info.compress_type, info.header_offset, info.compress_size, info.CRC)
    return lambda: _opened(_content(stream, place))


def _opened(chunks: Iterator[bytes]) -> IO[bytes]:
    return cast(IO[bytes], Chunks(chunks))


def _time(said: tuple[int, int, int, int, int, int]) -> datetime | None:
    try:
        return datetime(*said, tzinfo=UTC)
    except ValueError:
        return None


def _by_zipfile(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(info) as content:
            while data := content.read(_CHUNK):
                yield data
    except OSError:
        raise
    except Exception as error:  # unknown methods, zlib.error and its like have no common base
        raise OSError(f"damaged in the archive: {error}") from None


@dataclass(slots=True)
class _Place:
    """Where the content of a member is."""

    method: int
    header: int
    size: int | None
    """Bytes in the archive; None where they are told behind it, and unknown without reading."""
    crc: int | None


def _content(stream: IO[bytes], place: _Place) -> Iterator[bytes]:
    """What a member has, in front of any damage as well. Raises `OSError` behind it."""
    header = _read_at(stream, place.header, _HEADER.size)
    if len(header) < _HEADER.size or not header.startswith(_MEMBER):
        raise OSError("damaged in the archive: it is not where the archive says")
    said = _HEADER.unpack(header)
    at = place.header + _HEADER.size + said[9] + said[10]
    crc = 0
    unpacked = _inflated if place.method == _DEFLATED else _as_stored
    for data in unpacked(_raw(stream, at, place.size)):
        crc = zlib.crc32(data, crc)
        yield data
    if place.crc is not None and crc != place.crc:
        raise OSError("damaged in the archive: the checksum is another")


def _raw(stream: IO[bytes], at: int, size: int | None) -> Iterator[bytes]:
    end = None if size is None else at + size
    while end is None or at < end:
        data = _read_at(stream, at, _CHUNK if end is None else min(_CHUNK, end - at))
        if not data:
            raise OSError("cut in the archive")
        at += len(data)
        yield data


def _as_stored(raw: Iterator[bytes]) -> Iterator[bytes]:
    yield from raw


def _inflated(raw: Iterator[bytes]) -> Iterator[bytes]:
    """In small steps: a call that finds damage keeps what it has made."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    for data in raw:
        for start in range(0, len(data), _STEP):
            pending = data[start : start + _STEP]
            while pending and not unpacker.eof:
                try:
                    yield unpacker.decompress(pending, _CHUNK * 16)
                except zlib.error as error:
                    raise OSError(f"damaged in the archive: {error}") from None
                pending = unpacker.unconsumed_tail
            if unpacker.eof:
                return
    if not unpacker.eof:
        raise OSError("damaged in the archive: the compressed data ends early")


def _without_list(stream: IO[bytes]) -> Iterator[Member]:
    """The members that the headers before them tell of."""
    at, index = _next(stream, 0), 0
    while at is not None and index < MAX_MEMBERS:
        found = _told(stream, at)
        if found is None:
            at = _next(stream, at + 1)
            continue
        member, end = found
        if not member.name.endswith("/"):
            member.index = index
            yield member
        index += 1
        at = _next(stream, end(stream))
    raise zipfile.BadZipFile("the list of its members, at its end, is missing or none: it was cut")


def _told(stream: IO[bytes], at: int) -> tuple[Member, Callable[[IO[bytes]], int]] | None:
    """A member by its header, and where it ends; None where there is no whole header."""
    header = _read_at(stream, at, _HEADER.size)
    if len(header) < _HEADER.size:
        return None
    _, _, flags, method, time, date, crc, packed, size, name_size, more = _HEADER.unpack(header)
    said = _read_at(stream, at + _HEADER.size, name_size + more)
    if len(said) < name_size + more:
        return None
    name = said[:name_size].decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    start = at + _HEADER.size + name_size + more
    unknown = bool(flags & _SIZE_FOLLOWS and not packed)
    if packed == _SAID_IN_ZIP64:
        size, packed = _zip64(said[name_size:], size, packed)
    length = None if unknown else packed
    if unknown and method == _STORED:
        length = _to_descriptor(stream, start) - start
    refused = ENCRYPTED if flags & _ENCRYPTED_FLAG else ""
    if not refused and method not in (_STORED, _DEFLATED):
        refused = f"packed by method {method} in a zip archive that is cut: not unpacked"
    place = _Place(method, at, length, None if flags & _SIZE_FOLLOWS else crc)
    member = Member(
        0,
        name,
        size,
        _time(_dos(date, time)),
        length or 0,
        None if refused else lambda: _opened(_content(stream, place)),
        refused,
    )
    if length is not None:
        return member, lambda _: start + length
    if refused:
        return member, lambda _: start
    member.stored = _end_of_deflated(stream, start) - start
    return member, lambda _: start + member.stored


def _dos(date: int, time: int) -> tuple[int, int, int, int, int, int]:
    return (
        (date >> 9) + 1980,
        date >> 5 & 15,
        date & 31,
        time >> 11,
        time >> 5 & 63,
        (time & 31) * 2,
    )


def _zip64(more: bytes, size: int, packed: int) -> tuple[int, int]:
    """The true sizes, from what else a header says (APPNOTE 4.5.3)."""
    at = 0
    while at + 4 <= len(more):
        kind, length = struct.unpack_from("<2H", more, at)
        if kind == _ZIP64 and length >= 16 and at + 20 <= len(more):
            size, packed = struct.unpack_from("<2Q", more, at + 4)
            break
        at += 4 + length
    return size, packed


def _end_of_deflated(stream: IO[bytes], start: int) -> int:
    """Where deflated data ends, which only the data say."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    at = start
    while not unpacker.eof:
        data = _read_at(stream, at, _CHUNK)
        if not data:
            return at
        at += len(data)
        while data and not unpacker.eof:
            try:
                unpacker.decompress(data, _CHUNK * 16)
            except zlib.error:
                return at
            data = unpacker.unconsumed_tail
    return at - len(unpacker.unused_data)


def _to_descriptor(stream: IO[bytes], start: int) -> int:
    """Where stored data of unknown length ends: before a descriptor that gives just this length."""
    found = _find(stream, start, (_DESCRIPTOR,))
    while found is not None:
        said = _read_at(stream, found + 8, 8)
        if len(said) >= 4 and found - start in (
            int.from_bytes(said[:4], "little"),
            int.from_bytes(said, "little"),
        ):
            return found
        found = _find(stream, found + 1, (_DESCRIPTOR,))
    return stream.seek(0, 2)


def _next(stream: IO[bytes], at: int) -> int | None:
    """The next header of a member from a place on; None at the list of members, or the end."""
    place = _find(stream, at, (_MEMBER, _LIST))
    return None if place is None or _read_at(stream, place, 4) == _LIST else place


def _find(stream: IO[bytes], at: int, marks: tuple[bytes, ...]) -> int | None:
    while data := _read_at(stream, at, _CHUNK):
        found = [place for place in map(data.find, marks) if place >= 0]
        if found:
            return at + min(found)
        if len(data) < _CHUNK:
            return None
        at += len(data) - 3
    return None


def _read_at(stream: IO[bytes], at: int, size: int) -> bytes:
    stream.seek(at)
    return stream.read(size)
