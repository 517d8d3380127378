"""What became of each file while it is read: a line for each, small where nothing is to be said.

A bucket may hold a million objects, and nearly all of them are read whole with nothing to note.
`FileFacts` takes about a kilobyte; what such a file has to say fits into 60 bytes.
"""

from __future__ import annotations

import struct
import threading

import duckdb

from queries.numbering import Numbers
from queries.reader import READ, FileFacts
from queries.unpack import Unpacked

_PLAIN = struct.Struct("<BBBqqq32s")
"""Lane, format and compression (by number), records, stored and unpacked bytes, SHA-256."""


class Ledger:
    """What happened to each item, by file id. Safe to use from many threads."""

    def __init__(self, numbers: Numbers) -> None:
        """For files with these ids."""
        self._numbers = numbers
        self._entries: list[bytes | tuple[FileFacts, str] | None] = [None] * len(numbers.of_items)
        self._words: list[str] = []
        self._lock = threading.Lock()
        self.spoiled: set[int] = set()
        """Files whose rows went with a document that was no JSON, or that was too much for the
        memory; they are read again."""
        self.starved: duckdb.OutOfMemoryException | None = None
        """What DuckDB said when its memory did not suffice."""
        self.hashes_content = False
        """Whether the content of files is hashed, too (`Unpacked`)."""

    def facts(self) -> FileFacts:
        """For a file that is about to be read."""
        return FileFacts(unpacked=Unpacked(hashes_content=self.hashes_content))

    def begin_round(self) -> None:
        self.spoiled, self.starved = set(), None

    def starve(self, error: duckdb.OutOfMemoryException) -> None:
        self.starved = error

    def spoil(self, files: set[int]) -> None:
        with self._lock:
            self.spoiled |= files

    def put(self, file_id: int, facts: FileFacts, lane: str) -> None:
        """Keep the facts as they are now; what changes in them later has to be put again."""
        with self._lock:
            entry = self._packed(facts, lane) if _is_plain(facts) else (facts, lane)
            self._entries[self._numbers.place(file_id)] = entry

    def get(self, file_id: int) -> tuple[FileFacts, str]:
        """Facts and lane of a file that was put here. Raises `KeyError`."""
        entry = self._entries[self._numbers.place(file_id)]
        if entry is None:
            raise KeyError(file_id)
        if isinstance(entry, tuple):
            return entry
        lane, form, compression, records, stored, plain, digest = _PLAIN.unpack_from(entry)
        unpacked = Unpacked(
            compression=self._words[compression],
            sha256=digest.hex(),
            stored_bytes=stored,
            plain_bytes=plain,
            content=entry[_PLAIN.size :],
        )
        facts = FileFacts(format=self._words[form], unpacked=unpacked, records=records)
        return facts, self._words[lane]

    def drop(self, file_id: int) -> None:
        self._entries[self._numbers.place(file_id)] = None

    def __contains__(self, file_id: int) -> bool:
        return self._entries[self._numbers.place(file_id)] is not None

    def _packed(self, facts: FileFacts, lane: str) -> bytes:
        unpacked = facts.unpacked
        return (
            _PLAIN.pack(
                self._word(lane),
                self._word(facts.format),
                self._word(unpacked.compression),
                facts.records,
                unpacked.stored_bytes,
                unpacked.plain_bytes,
                bytes.fromhex(unpacked.sha256),
            )
            + unpacked.content
        )

    def _word(self, text: str) -> int:
        """The number of a word; formats and lanes are a dozen, whatever is read."""
        if text not in self._words:
            self._words.append(text)
        return self._words.index(text)


def _is_plain(facts: FileFacts) -> bool:
    unpacked = facts.unpacked
    return (
        facts.status == READ
        and len(unpacked.sha256) == 64
        and not (unpacked.damage or unpacked.notes or facts.error or facts.about or facts.broken)
        and not (facts.foreign or facts.skipped or facts.noted)
        and not (facts.damaged_records or facts.repeated_keys)
    )
