"""Stream decompressors told by their magic bytes: gzip, bzip2, xz, zstd; checksums verified.

Each yields what it could unpack and then describes the damage, so whole records before a break
are kept. Python's and isal's gzip readers check the CRC, which DuckDB 2.0.1 does not (measured).
"""

from __future__ import annotations

import bz2
import lzma
import sys
from collections.abc import Callable, Generator, Iterator
from typing import Any

from isal import isal_zlib

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK = 1 << 20
_STEP = 4 << 10
_TRAILER = 8
"""Bytes at the end of a gzip member: checksum and length."""

_GZIP_ERROR: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stub is wrong
_ERRORS: tuple[type[Exception], ...] = (
    _GZIP_ERROR,
    lzma.LZMAError,
    zstd.ZstdError,
    OSError,  # bz2
    EOFError,
    ValueError,
)

_FORMATS: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (
    (b"\x1f\x8b", "gzip", lambda: isal_zlib.decompressobj(wbits=31)),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMADecompressor),
    (b"\x28\xb5\x2f\xfd", "zstd", zstd.ZstdDecompressor),
)
LONGEST_MAGIC = max(len(magic) for magic, _, _ in _FORMATS)


def compression_of(head: bytes) -> str:
    """The compression that a stream's first bytes announce, or "" for none."""
    return next((name for magic, name, _ in _FORMATS if head.startswith(magic)), "")


def decompressed(
    chunks: Iterator[bytes], name: str, damage: list[str], notes: list[str]
) -> Iterator[bytes]:
    """All members of a stream; zero padding behind them is silent, other bytes are noted."""
    magic, make = next((magic, make) for magic, known, make in _FORMATS if known == name)
    pending = b""
    while True:
        member = make()
        started = False
        rest = b""
        while not member.eof:
            if not pending:
                pending = next(chunks, b"")
            if not pending:
                if started:
                    damage.append(
                        f"truncated {name}: the compressed data ends early; whole records before"
                        " the cut were kept"
                    )
                return
            started = True
            try:
                rest = yield from _fed(member, pending)
            except _ERRORS as error:
                kind = "bad checksum" if _is_checksum(error) else "damaged data"
                damage.append(
                    f"{name} {kind}: the content is not what was written; whole records before"
                    " the damage were kept"
                )
                return
            pending = b""
        pending, chunks = _after_member(member.unused_data + rest, chunks, len(magic))
        if not pending:
            return
        if not pending.startswith(magic):
            notes.append(f"other bytes after the end of the {name} data were ignored")
            return


def _fed(member: Any, data: bytes) -> Generator[bytes, None, bytes]:
    """Give one chunk to a decompressor bit by bit; returns what stands behind the member's end.

    A call that finds damage keeps its whole output to itself, so each gets little; and what may
    be a checksum comes alone, so that a wrong one loses nothing.
    """
    start = 0
    while start < len(data) and not member.eof:
        end = min(start + _STEP, len(data) - _TRAILER)
        end = end if end > start else len(data)
        yield from _output(member, data[start:end])
        start = end
    return data[start:]


def _output(member: Any, data: bytes) -> Iterator[bytes]:
    """All that a decompressor makes of some bytes, in bounded pieces."""
    if hasattr(member, "unconsumed_tail"):
        while data and not member.eof:
            yield member.decompress(data, CHUNK)
            data = member.unconsumed_tail
        return
    yield member.decompress(data, CHUNK)
    while not member.eof and not member.needs_input:
        yield member.decompress(b"", CHUNK)


def _is_checksum(error: Exception) -> bool:
    said = str(error).lower()
    return "checksum" in said or "crc" in said or "corrupt" in said


def _after_member(
    pending: bytes, chunks: Iterator[bytes], count: int
) -> tuple[bytes, Iterator[bytes]]:
    """Skip zero padding after a member; return at least `count` bytes of what follows, if any."""
    pending = pending.lstrip(b"\0")
    while len(pending) < count:
        more = next(chunks, b"")
        if not more:
            break
        pending = (pending + more).lstrip(b"\0")
    return pending, chunks
