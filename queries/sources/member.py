"""One file in an archive, and streams that say what is wrong with it only after all it has."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import IO

Opener = Callable[[], AbstractContextManager[IO[bytes]]]

MAX_MEMBERS = 1_000_000
"""Members listed of one archive."""
NOT_A_FILE = "a link or device in an archive, not followed"
ENCRYPTED = "is encrypted (password-protected); unpack it first"
_CHUNK = 1 << 20


@dataclass(slots=True)
class Member:
    """One file in an archive: its place, its name there, and its content or why there is none."""

    index: int
    name: str
    size: int
    modified: datetime | None
    stored: int
    open: Opener | None
    refused: str = ""


class Chunks(io.RawIOBase):
    """An iterator of byte chunks as a readable stream.

    An `OSError` of the iterator is raised by the read after the one that gave what came before it.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._pending = b""
        self._fault: OSError | None = None
        self.count = 0
        """Bytes read so far."""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts = [self._pending]
        got = len(self._pending)
        while (size < 0 or got < size) and self._fault is None:
            try:
                chunk = next(self._chunks, None)
            except OSError as fault:
                self._fault = fault
                break
            if chunk is None:
                break
            parts.append(chunk)
            got += len(chunk)
        data = b"".join(parts)
        if not data and size and self._fault is not None:
            raise self._fault
        if size < 0:
            size = len(data)
        self._pending = data[size:]
        data = data[:size]
        self.count += len(data)
        return data


def chain_of(head: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """What was read of a stream already, and the rest of it."""
    if head:
        yield head
    while chunk := stream.read(_CHUNK):
        yield chunk
