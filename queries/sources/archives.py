"""Archives: zip and tar (plain or compressed), nested up to twice, read as streams.

Nothing is ever extracted to a name from the archive: members are read in memory or from an
unnamed temporary file, so `..`, absolute names and links in an archive are only text. Links,
devices and pipes are passed over; encrypted members are named. Bombs are stopped by the ratio
limit of `queries.unpack` and by the nesting limit here.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from queries.decompress import LONGEST_MAGIC, compression_of, decompressed
from queries.sources import zips
from queries.sources.local import Item, Items, Listing
from queries.sources.member import ENCRYPTED, Chunks, Member, Opener, chain_of
from queries.sources.pieces import opened
from queries.sources.tars import is_tar, tar_members
from queries.unpack import peek

MAX_NESTING = 2
"""Archives in archives beyond this are named and not opened."""
_IN_MEMORY = 32 << 20
_PEEK = 1 << 16
_CHUNK = 1 << 20

WORKBOOK = "an Excel workbook, not a log: save its sheet as CSV"


def expand(listing: Listing) -> None:
    """Replace each archive in the listing by its members, in the archive's own order."""
    items = Items()
    for item in listing.items:
        kind = archive_kind(item.open)
        if kind:
            items.add(_members_of(item, kind, listing, item.open))
        else:
            items.append(item)
    listing.items = items


def archive_kind(opener: Opener) -> str:
    """`zip`, `tar`, or "" for anything else; content decides, through any one compression."""
    try:
        with opener() as stream:
            head = stream.read(512)
            if head.startswith(zips.STARTS):
                return "zip"
            if is_tar(head):
                return "tar"
            name = compression_of(head[:LONGEST_MAGIC])
            if not name:
                return ""
            chunks = chain_of(head, stream)
            inside, _ = peek(decompressed(chunks, name, [], []), 512)
            return "zip" if inside.startswith(zips.STARTS) else "tar" if is_tar(inside) else ""
    except OSError:
        return ""


def _members_of(item: Item, kind: str, listing: Listing, opener: Opener) -> list[Item]:
    found: list[Item] = []
    seen = False
    try:
        with opener() as stream:
            if kind == "zip" and _is_workbook(stream):
                listing.passed_over.append((item.name, WORKBOOK))
                return found
            for member in _members(stream, kind):
                seen = True
                name = f"{item.name} › {member.name}"
                if member.open is None:
                    listing.passed_over.append((name, member.refused))
                    if member.refused == ENCRYPTED:
                        listing.passed_over.pop()
                        listing.unreadable.append((name, member.refused))
                    continue
                inner = replace(
                    item,
                    name=name,
                    size=member.size,
                    modified=member.modified,
                    member=(*item.member, member.index),
                    stored=member.stored,
                )
                found += _nested(inner, member, listing)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
        rest = "members before that were read" if found else "nothing in it could be read"
        listing.unreadable.append((item.name, f"the {kind} archive is damaged ({error}); {rest}"))
        return found
    if not seen:
        listing.passed_over.append((item.name, f"a {kind} archive without files"))
    return found


def _is_workbook(stream: IO[bytes]) -> bool:
    """Whether a zip archive is a spreadsheet: its parts say nothing to whoever reads logs."""
    with _unpacked(stream) as archive:
        names = zips.names_of(archive)
    stream.seek(0)
    return "xl/workbook.xml" in names or "xl/workbook.bin" in names


def _nested(inner: Item, member: Member, listing: Listing) -> list[Item]:
    """The member itself, or its members when it is an archive too."""
    content = member.open
    if content is None:
        return []
    with content() as stream:
        head = b""
        with suppress(OSError):  # what is wrong with it is said when it is read
            head = stream.read(_PEEK)
        kind = archive_kind(lambda: io.BytesIO(head))
        if not kind:
            return [inner]
        if len(inner.member) > MAX_NESTING:
            listing.unreadable.append(
                (inner.name, f"archives nested more than {MAX_NESTING} deep are not opened")
            )
            return []
        copy = _seekable(cast(IO[bytes], Chunks(chain_of(head, stream))))
    with copy:
        return _members_of(inner, kind, listing, lambda: _unclosed(copy))


@contextmanager
def open_member(path: Path, chain: tuple[int, ...]) -> Iterator[IO[bytes]]:
    """Open one member by its place (and place within that, when nested) in an archive."""
    with opened(path) as stream, _descend(stream, chain) as content:
        yield content


def open_siblings(items: list[Item]) -> Iterator[tuple[Item, IO[bytes]]]:
    """Open members of one archive one after another in a single pass; `items` in their order."""
    wanted = {item.member[-1]: item for item in items}
    first = items[0]
    with ExitStack() as stack:
        stream: IO[bytes] = stack.enter_context(opened(first.path))
        copy = stream
        if first.member[:-1]:
            copy = _seekable(stack.enter_context(_descend(stream, first.member[:-1])))
            stack.callback(copy.close)
        kind = archive_kind(lambda: _unclosed(copy))
        copy.seek(0)
        for member in _members(copy, kind):
            if member.index in wanted and member.open is not None:
                with member.open() as content:
                    yield wanted[member.index], content


@contextmanager
def _descend(stream: IO[bytes], chain: tuple[int, ...]) -> Iterator[IO[bytes]]:
    if not chain:
        yield stream
        return
    kind = archive_kind(lambda: _unclosed(stream))
    stream.seek(0)
    for member in _members(stream, kind):
        if member.index == chain[0] and member.open is not None:
            with member.open() as content:
                if len(chain) == 1:
                    yield content
                else:
                    with _seekable(content) as copy, _descend(copy, chain[1:]) as deeper:
                        yield deeper
            return
    raise OSError(f"the archive has no member {chain[0]} any more")


def _members(stream: IO[bytes], kind: str) -> Iterator[Member]:
    return tar_members(stream) if kind == "tar" else _zip_members(stream)


def _zip_members(stream: IO[bytes]) -> Iterator[Member]:
    with _unpacked(stream) as archive:
        yield from zips.zip_members(archive)


@contextmanager
def _unpacked(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """A zip without the compression around it, which a server or a browser may add."""
    head = stream.read(LONGEST_MAGIC)
    stream.seek(0)
    if not (name := compression_of(head)):
        yield stream
        return
    chunks = decompressed(chain_of(b"", stream), name, [], [])
    with _seekable(cast(IO[bytes], Chunks(chunks))) as copy:
        yield copy


def _seekable(stream: IO[bytes]) -> IO[bytes]:
    """A copy that can be read again: in memory while small, else in an unnamed file.

    What stands before damage is kept; that it ends too early shows when its members are listed.
    """
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes
    with suppress(OSError):
        while chunk := stream.read(_CHUNK):
            copy.write(chunk)
    copy.seek(0)
    return cast(IO[bytes], copy)


@contextmanager
def _unclosed(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """A stream for a `with` block that must not close it; begins at its start."""
    stream.seek(0)
    yield stream


def by_archive(numbered: Iterable[tuple[int, Item]]) -> Iterator[list[tuple[int, Item]]]:
    """Group numbered items into jobs: single files, and the members of one archive together."""
    group: list[tuple[int, Item]] = []
    for number, item in numbered:
        before = group[-1][1] if group else None
        together = (
            before is not None
            and item.member
            and before.path == item.path
            and before.member[:-1] == item.member[:-1]
        )
        if group and not together:
            yield group
            group = []
        group.append((number, item))
    if group:
        yield group
