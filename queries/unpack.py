"""From stored bytes to text: compression by magic bytes (never by name), checksums verified.

Python's and isal's gzip readers check the CRC, which DuckDB 2.0.1 does not (measured).
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from isal import isal_zlib

GZIP_MAGIC = b"\x1f\x8b"
GZIP_ERROR: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # its stub says object
_CHUNK = 1 << 20
_MAX_LAYERS = 4
"""gzip within gzip happens (a browser or an SDK adds one); more than this is not a log."""
MAX_RATIO = 2000
"""Highest output/input ratio taken for honest. Deflate's own ceiling is about 1032, and real
trails reach 10-40; nested layers of a bomb multiply."""
_RATIO_FREE_BYTES = 256 << 20
"""Output below this is never called a bomb, whatever the ratio."""


@dataclass(slots=True)
class Unpacked:
    """Facts gathered while an item's bytes go by."""

    compression: str = "none"
    damage: list[str] = field(default_factory=list)
    """Sentences: what is broken; records behind the break are missing."""
    notes: list[str] = field(default_factory=list)
    """Sentences: odd, but nothing is missing."""
    sha256: str = ""
    stored_bytes: int = 0
    plain_bytes: int = 0


class _Hashing:
    """Reads a stream once and keeps its sha256 and length."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.count = 0

    def chunks(self) -> Iterator[bytes]:
        while chunk := self._stream.read(_CHUNK):
            self._hash.update(chunk)
            self.count += len(chunk)
            yield chunk

    def finish(self) -> str:
        for _ in self.chunks():
            pass
        return self._hash.hexdigest()


def plain_chunks(stream: BinaryIO, facts: Unpacked) -> Iterator[bytes]:
    """Yield decompressed bytes of `stream`, filling `facts` as they go by.

    Damage ends the yield early and is described in `facts.damage`; what came before it has
    been yielded. `facts.sha256` (of the stored bytes) is complete once the iterator is done.
    """
    hashing = _Hashing(stream)
    try:
        yield from _bounded(_layers(hashing, facts), hashing, facts)
        # Bytes behind damage are hashed too: the ledger names the file as stored.
        facts.sha256 = hashing.finish()
    except OSError as error:
        facts.damage.append(f"could not be read to its end ({error.strerror or error})")
    facts.stored_bytes = hashing.count


def _layers(hashing: _Hashing, facts: Unpacked) -> Iterator[bytes]:
    """Take off as many gzip layers as there are."""
    chunks: Iterator[bytes] = hashing.chunks()
    for layer in range(_MAX_LAYERS + 1):
        head, chunks = _peek(chunks, 2)
        if not head.startswith(GZIP_MAGIC):
            return chunks
        if layer < _MAX_LAYERS:
            facts.compression = "gzip" if layer == 0 else f"gzip x{layer + 1}"
            chunks = _gunzip(chunks, facts)
    facts.damage.append(f"compressed more than {_MAX_LAYERS} times over; not unpacked")
    return iter(())


def _bounded(chunks: Iterator[bytes], hashing: _Hashing, facts: Unpacked) -> Iterator[bytes]:
    """Pass chunks on until they are too many for the bytes they came from."""
    for chunk in chunks:
        facts.plain_bytes += len(chunk)
        if facts.plain_bytes > _RATIO_FREE_BYTES and (
            facts.plain_bytes > MAX_RATIO * max(hashing.count, 1)
        ):
            facts.damage.append(
                f"unpacks to more than {MAX_RATIO} times its size; stopped there as a"
                " decompression bomb"
            )
            return
        yield chunk


def _peek(chunks: Iterator[bytes], count: int) -> tuple[bytes, Iterator[bytes]]:
    """The first `count` bytes, and an iterator over everything, those bytes included."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= count:
            break
    return head[:count], _chain(head, chunks)


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _gunzip(chunks: Iterator[bytes], facts: Unpacked) -> Iterator[bytes]:
    """All members of a gzip stream; zero padding is silent, other trailing bytes are noted."""
    pending = b""
    while True:
        member = isal_zlib.decompressobj(wbits=31)
        started = False
        while not member.eof:
            if not pending:
                pending = next(chunks, b"")
            if not pending:
                if started:
                    facts.damage.append(
                        "truncated gzip: the compressed data ends early; whole records before"
                        " the cut were kept"
                    )
                return
            started = True
            try:
                while pending and not member.eof:
                    yield member.decompress(pending, _CHUNK)
                    pending = member.unconsumed_tail
            except GZIP_ERROR as error:
                kind = "bad checksum" if "checksum" in str(error).lower() else "damaged data"
                facts.damage.append(
                    f"gzip {kind}: the content is not what was written; whole records before"
                    " the damage were kept"
                )
                return
        pending, chunks = _after_member(member.unused_data, chunks)
        if not pending:
            return
        if not pending.startswith(GZIP_MAGIC):
            facts.notes.append("other bytes after the end of the gzip data were ignored")
            return


def _after_member(pending: bytes, chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Skip zero padding after a member; return at least two bytes of what follows, if any."""
    pending = pending.lstrip(b"\0")
    while len(pending) < 2:
        more = next(chunks, b"")
        if not more:
            break
        pending = (pending + more).lstrip(b"\0")
    return pending, chunks


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def text_chunks(chunks: Iterator[bytes], facts: Unpacked) -> Iterator[str]:
    """Decode bytes to text: byte order marks decide, UTF-8 otherwise; bad bytes are replaced.

    PowerShell 5 writes UTF-16 with a mark when output is redirected (jqlang/jq#2351).
    """
    head, chunks = _peek(chunks, 4)
    encoding, mark = "utf-8", b""
    for bom, name in _BOMS:
        if head.startswith(bom):
            encoding, mark = name, bom
            break
    else:
        # Without a mark: ASCII text in UTF-16 has a NUL in every second byte.
        if len(head) >= 4 and head[1] == 0 and head[3] == 0 and head[0]:
            encoding = "utf-16-le"
        elif len(head) >= 4 and head[0] == 0 and head[2] == 0 and head[1]:
            encoding = "utf-16-be"
    if encoding != "utf-8":
        facts.notes.append(f"text is {encoding.upper().removesuffix('-LE').removesuffix('-BE')}")
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    bad = False
    first = True
    for chunk in chunks:
        data = chunk[len(mark) :] if first else chunk
        first = False
        text = decoder.decode(data)
        bad = bad or _has_replacement(text, chunk)
        if text:
            yield text
    tail = decoder.decode(b"", final=True)
    if tail:
        bad = True
        yield tail
    if bad:
        facts.notes.append("bytes that are not valid text were shown as \ufffd")


def _has_replacement(text: str, source: bytes) -> bool:
    return "\ufffd" in text and "\ufffd".encode() not in source
