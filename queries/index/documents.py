"""Files that machines wrote, as JSON documents of some megabytes that DuckDB parses whole.

A large file is cut between two of its records, where the text of a record's first key follows a
closing bracket. That text may also stand inside a record; then a piece is no JSON, or does not
have the number of records that was counted here, and the file goes to the careful reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import chain
from typing import IO, NamedTuple

from queries.reader import FileFacts
from queries.sources.local import Item
from queries.unpack import plain_chunks

FAST = "fast"
"""What the ledger says of a file whose documents are its records, each and all."""
DOCUMENT_BYTES = 4 << 20
"""What a file is cut into: flattening a document takes about 28 times its size in memory (measured
with manifests of 20 KB in each record)."""
_WHOLE = 2 * DOCUMENT_BYTES
"""Up to this size a trail file is one document. The largest piece, too: a record, or what was taken
for one, that is longer goes to the careful reader."""

_TRAIL_START = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[')
FIRST_KEY = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[\s*\{("[A-Za-z]+":)')
_EVENT_START = re.compile(rb'\s*\{\s*"(?:eventVersion|eventID|userIdentity|eventTime)"')
_OPEN, _CLOSE = b'{"Records":[', b"]}"

Opener = Callable[[], AbstractContextManager[IO[bytes]]]


class Document(NamedTuple):
    """A JSON document `{"Records": [...]}`, and where in its file it stands."""

    text: bytes
    """UTF-8. DuckDB takes bytes with fewer copies than a str (0.3 against 0.8 CPU seconds for
    500 MB) and checks the encoding itself."""
    base: int
    """Records of the file before it."""
    records: int | None = None
    """How many it must have; None: however many there are."""


class NeedsCare(Exception):
    """A file is not what this lane takes; documents that were given already do not count."""


def of_records(records: list[str], base: int) -> Document:
    """A document of records that were read one at a time."""
    return Document(_OPEN + ",".join(records).encode() + _CLOSE, base)


def whole_documents(opener: Opener, item: Item, facts: FileFacts) -> Iterator[Document]:
    """The documents of an item, as it is read; `facts` are complete at the end.

    Raises `NeedsCare`, also after some documents, and OSError.
    """
    with opener() as stream:
        chunks = plain_chunks(stream, facts.unpacked, item.stored)
        first = next(chunks, b"")
        if _TRAIL_START.match(first):
            facts.format = "trail delivery"
            yield from _of_trail(first, chunks, facts)
        elif _EVENT_START.match(first):
            facts.format = "CloudTrail events"
            yield from _of_lines(first, chunks, facts)
        else:
            raise NeedsCare
        if facts.unpacked.damage or facts.unpacked.notes:
            raise NeedsCare


def _of_trail(text: bytes, chunks: Iterator[bytes], facts: FileFacts) -> Iterator[Document]:
    """One document, or pieces that begin and end with whole records."""
    pending = [text]
    size = len(text)
    while size <= _WHOLE:
        chunk = next(chunks, None)
        if chunk is None:
            yield Document(b"".join(pending), 0)
            return
        pending.append(chunk)
        size += len(chunk)
    yield from _numbered(_trail_pieces(b"".join(pending), chunks), facts)


def _trail_pieces(text: bytes, chunks: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    match = FIRST_KEY.match(text)
    if match is None:
        raise NeedsCare
    between = b"},{" + match[1]
    opening = b""  # the file's own, of the first piece
    for chunk in chain((b"",), chunks):
        text += chunk
        while len(text) > DOCUMENT_BYTES:
            at = text.rfind(between, 0, DOCUMENT_BYTES)
            if at < 0 and (at := text.find(between, DOCUMENT_BYTES - len(between))) < 0:
                break
            if at > _WHOLE:
                raise NeedsCare
            yield opening + text[: at + 1] + _CLOSE, text.count(between, 0, at) + 1
            text, opening = text[at + 2 :], _OPEN
        if len(text) > _WHOLE:
            raise NeedsCare
    yield opening + text, text.count(between) + 1


def _of_lines(text: bytes, chunks: Iterator[bytes], facts: FileFacts) -> Iterator[Document]:
    """NDJSON. A line that is no object spoils its document, which then gives no row."""
    yield from _numbered(_line_pieces(text, chunks), facts)


def _line_pieces(text: bytes, chunks: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    for chunk in chain((b"",), chunks):
        text += chunk
        if len(text) > DOCUMENT_BYTES:
            end = text.rfind(b"\n") + 1
            yield from _of_whole_lines(text[:end])
            text = text[end:]
            if len(text) > _WHOLE:
                raise NeedsCare
    yield from _of_whole_lines(text)


def _of_whole_lines(text: bytes) -> Iterator[tuple[bytes, int]]:
    lines = [line for line in text.split(b"\n") if line and not line.isspace()]
    if lines:
        yield _OPEN + b",".join(lines) + _CLOSE, len(lines)


def _numbered(pieces: Iterable[tuple[bytes, int]], facts: FileFacts) -> Iterator[Document]:
    """Pieces with what stands before them; `facts` get the number of records."""
    base = 0
    for text, records in pieces:
        yield Document(text, base, records)
        base += records
    facts.records = base
