"""From stored bytes to text: compression by magic bytes (never by name), encoding by its mark."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO

from queries.decompress import LONGEST_MAGIC, compression_of, decompressed

_CHUNK = 1 << 20
_MAX_LAYERS = 4
"""gzip within gzip happens (a browser or an SDK adds one); more than this is not a log."""
MAX_RATIO = 300
"""Highest output/input ratio taken for honest: real trails reach 10-40, and one record repeated
20,000 times about 80; deflate's own ceiling is about 1032, and the layers of a bomb multiply."""
RATIO_FREE_BYTES = 256 << 20
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
    hashes_content: bool = False
    """Whether the unpacked content is hashed, too."""
    content: bytes = b""
    """Its SHA-256, when it was unpacked to its end."""


class _Hashing:
    """Reads a stream once and keeps its sha256 and length."""

    def __init__(self, stream: IO[bytes]) -> None:
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


def plain_chunks(stream: IO[bytes], facts: Unpacked, stored: int | None = None) -> Iterator[bytes]:
    """Yield decompressed bytes of `stream`, filling `facts` as they go by.

    Damage ends the yield early and is described in `facts.damage`; what came before it has
    been yielded. `facts.sha256` (of the stream's bytes) is complete once the iterator is done.
    `stored` is how many bytes an archive's member takes in its archive: the bomb limit counts
    from there.
    """
    hashing = _Hashing(stream)
    try:
        came = (lambda: hashing.count) if stored is None else (lambda: stored)
        yield from bounded(unpacked(hashing.chunks(), facts), came, facts)
        # Bytes behind damage are hashed too: the ledger names the file as stored.
        facts.sha256 = hashing.finish()
    except OSError as error:
        facts.damage.append(f"could not be read to its end ({error.strerror or error})")
    facts.stored_bytes = hashing.count


def unpacked(chunks: Iterator[bytes], facts: Unpacked) -> Iterator[bytes]:
    """Bytes without as many layers of compression as there are."""
    layers: list[str] = []
    while True:
        head, chunks = peek(chunks, LONGEST_MAGIC)
        name = compression_of(head)
        if not name:
            return chunks
        if len(layers) == _MAX_LAYERS:
            facts.damage.append(f"compressed more than {_MAX_LAYERS} times over; not unpacked")
            return iter(())
        layers.append(name)
        facts.compression = " in ".join(reversed(layers))
        chunks = decompressed(chunks, name, facts.damage, facts.notes)


def bounded(chunks: Iterator[bytes], came: Callable[[], int], facts: Unpacked) -> Iterator[bytes]:
    """Pass chunks on until they are too many for the bytes that `came` until then."""
    content = hashlib.sha256() if facts.hashes_content else None
    for chunk in chunks:
        facts.plain_bytes += len(chunk)
        if content is not None:
            content.update(chunk)
        if facts.plain_bytes > RATIO_FREE_BYTES and (
            facts.plain_bytes > MAX_RATIO * max(came(), 1)
        ):
            facts.damage.append(
                f"unpacks to more than {MAX_RATIO} times its size; stopped at"
                f" {facts.plain_bytes >> 20} MiB as a decompression bomb"
            )
            return
        yield chunk
    if content is not None and not facts.damage:
        facts.content = content.digest()


def peek(chunks: Iterator[bytes], count: int) -> tuple[bytes, Iterator[bytes]]:
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
    head, chunks = peek(chunks, 4)
    encoding, mark = "utf-8", b""
    for bom, name in _BOMS:
        if head.startswith(bom):
            encoding, mark = name, bom
            break
    else:
        # Without a mark: ASCII text in UTF-16 has a NUL in every second byte, in UTF-32 three.
        if len(head) >= 4 and head[1] == 0 and head[3] == 0 and head[0]:
            encoding = "utf-16-le" if head[2] else "utf-32-le"
        elif len(head) >= 4 and head[0] == 0 and head[2] == 0 and head[1]:
            encoding = "utf-16-be"
        elif len(head) >= 4 and not any(head[:3]) and head[3]:
            encoding = "utf-32-be"
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
