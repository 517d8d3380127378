"""The members of a tar archive, plain or compressed, in one pass.

What is left of a damaged archive is read: the part of a member in front of a cut, and what follows
a header that is none. Archives may be joined (`cat a.tar b.tar`), as GNU tar's --ignore-zeros
reads them.
https://www.gnu.org/software/tar/manual/html_node/Ignore-Zeros.html
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from tarfile import EOFHeaderError, InvalidHeaderError  # type: ignore[attr-defined]
from typing import IO, BinaryIO, cast

from queries.decompress import LONGEST_MAGIC, compression_of, decompressed
from queries.sources.member import MAX_MEMBERS, NOT_A_FILE, Chunks, Member, chain_of

_MARK = (257, b"ustar")
_BLOCK = 512
_CHUNK = 1 << 20


def is_tar(head: bytes) -> bool:
    """Whether a file that begins so is a tar archive."""
    offset, mark = _MARK
    return head[offset : offset + len(mark)] == mark


def tar_members(stream: IO[bytes]) -> Iterator[Member]:
    """Members in their order; each can be opened until the next is asked for.

    Raises `EOFError` or `tarfile.TarError` once all that is there was given, when something is
    missing.
    """
    head = stream.read(_BLOCK)
    chunks = chain_of(head, stream)
    name = compression_of(head[:LONGEST_MAGIC])
    damage: list[str] = []
    if name:
        chunks = decompressed(chunks, name, damage, [])
    source = Chunks(chunks)
    with _Archive.open(fileobj=cast(BinaryIO, source), mode="r|", tarinfo=_Header) as archive:
        try:
            for index, info in enumerate(archive):
                if index < MAX_MEMBERS and not info.isdir():
                    yield _member(archive, index, info)
        except tarfile.TarError:
            if damage:
                raise EOFError(damage[0]) from None
            raise
        ended, no_headers = archive.ended, archive.no_headers
    if damage:
        raise EOFError(damage[0])
    if source.count % _BLOCK and not ended:
        # tarfile takes a header that is cut for the end.
        raise EOFError("it ends in the middle of a block")
    if no_headers:
        raise EOFError(f"{no_headers} of its blocks should begin a member and do not")


class _Archive(tarfile.TarFile):
    """A tar archive that is read on behind its end and behind what is no header."""

    ignore_zeros = True
    ended = False
    no_headers = 0
    """Blocks within it that should be headers; what stands behind its end need not be any."""


class _Header(tarfile.TarInfo):
    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> _Header:
        archive = cast(_Archive, tarfile)
        try:
            found = super().fromtarfile(tarfile)
        except EOFHeaderError:
            archive.ended = True
            raise
        except InvalidHeaderError:
            archive.no_headers += not archive.ended
            raise
        archive.ended = False
        return found


def _member(archive: _Archive, index: int, info: tarfile.TarInfo) -> Member:
    content: IO[bytes] | None = None
    if info.isreg():
        content = (
            archive.extractfile(info)
            if info.issparse()
            else cast(IO[bytes], Chunks(_content(archive, info)))
        )
    return Member(
        index,
        info.name,
        info.size,
        datetime.fromtimestamp(max(0, info.mtime), UTC),
        info.size,
        partial(_given, content) if content is not None else None,
        "" if content is not None else NOT_A_FILE,
    )


def _given(content: IO[bytes]) -> IO[bytes]:
    return content


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    """Taken from the archive itself: a file of tarfile's keeps what it read in front of a cut."""
    stream = cast(IO[bytes], archive.fileobj)
    stream.seek(info.offset_data)
    left = info.size
    while left:
        data = stream.read(min(left, _CHUNK))
        if not data:
            raise OSError("cut in the archive")
        left -= len(data)
        yield data
