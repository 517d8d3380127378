"""The careful reader: any item of evidence to its records, one at a time, with its ledger line.

It is slower than the fast lane and gives the same records; it is also how a raw record is found
again, so a record's position means the same in both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain
from typing import IO

from queries.envelopes.foreign_text import text_log
from queries.envelopes.lookup_events import ONE_PAGE
from queries.envelopes.model import Found, Record
from queries.envelopes.registry import open_piece
from queries.envelopes.texts import cutter, side_file
from queries.envelopes.yaml_text import is_yaml
from queries.json_stream import Broken, JsonStream, Piece
from queries.naming import some
from queries.not_opened import LONGEST, not_opened
from queries.parquet_rows import MAGIC as PARQUET
from queries.parquet_rows import parquet_pieces
from queries.providers import placed
from queries.sources.local import (
    Item,
    Unavailable,
    base_name,
    is_system_file,
    looks_like_partial_download,
)
from queries.unexpected import in_a_sentence
from queries.unpack import Unpacked, peek, plain_chunks, text_chunks

_SNIFF = 1 << 16
_BLANK = " \t\r\n\x00\ufeff\x1e"
_JSON_STARTS = ("{", "[", '"')

READ = "read"
SKIPPED = "skipped"
DAMAGED = "damaged"
UNREADABLE = "unreadable"
NOT_READ = "not read"


@dataclass(slots=True)
class FileFacts:
    """One line of the evidence ledger, filled while the file is read."""

    status: str = READ
    format: str = ""
    unpacked: Unpacked = field(default_factory=Unpacked)
    records: int = 0
    foreign: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    about: list[str] = field(default_factory=list)
    """What a source of this kind cannot know; each sentence once."""
    broken: list[Broken] = field(default_factory=list)
    damaged_records: int = 0
    repeated_keys: int = 0
    pieces: int = 0
    error: str = ""

    def notes(self) -> list[str]:
        """Everything worth saying about the file, as sentences."""
        said = [*self.unpacked.damage, *self.unpacked.notes]
        if self.error:
            said.append(self.error)
        said += self.about
        for text, count in {**self.noted, **self.skipped}.items():
            said.append(text if count == 1 else f"{text} ({count} times)")
        for text, count in self.foreign.items():
            said.append(text if count == 1 else f"{count} values were {text}")
        if self.repeated_keys:
            said.append(
                f"{some(self.repeated_keys, 'record repeats', 'records repeat')} a key; the last"
                " value is used, the raw record shows all"
            )
        if self.broken:
            shown = ", ".join(f"line {part.line}: {part.reason}" for part in self.broken[:3])
            more = f" and {len(self.broken) - 3} more" if len(self.broken) > 3 else ""
            said.append(f"parts that could not be read were passed over ({shown}{more})")
        return said


def read_records(
    item: Item,
    facts: FileFacts,
    opener: Callable[[], AbstractContextManager[IO[bytes]]] | None = None,
) -> Iterator[Record]:
    """Yield the records of an item in their order, and fill `facts`.

    Never raises for what the file holds: damage and foreign content end up in `facts`. The
    n-th record yielded is the record at position n, counted from 1. `opener` gives the bytes
    when they are at hand already (members of an archive are read in one pass).
    """
    if is_system_file(item.name):
        facts.status, facts.format = SKIPPED, "system file"
        facts.skipped["a file of the operating system, not evidence"] += 1
        return
    try:
        with (opener or item.open)() as stream:
            magic, data = peek(plain_chunks(stream, facts.unpacked, item.stored), LONGEST)
            if closed := not_opened(magic):
                for _ in data:  # to the end, so that the ledger has the hash of the whole file
                    pass
                facts.unpacked.damage.append(closed)
                _judge(item, facts)
                return
            if magic.startswith(PARQUET):
                yield from _records(parquet_pieces(data), facts, item.name)
                _judge(item, facts)
                return
            chunks = text_chunks(data, facts.unpacked)
            head, chunks = _peek(chunks)
            if head.strip(_BLANK):
                cut = cutter(head)
                beside = "" if cut else side_file(item.name, head)
                what = beside or ("" if cut else not_json(head))
                if what == BINARY and _is_named_a_log(item.name, facts.unpacked.compression):
                    facts.unpacked.damage.append(_SPOILT)
                elif what:
                    (facts.skipped if beside else facts.foreign)[what] += 1
                if what:
                    # To the end, so that the ledger has the hash of the whole file.
                    for _ in chunks:
                        pass
                    facts.unpacked.notes.clear()
                else:
                    yield from _records((cut or JsonStream)(chunks), facts, item.name)
            elif facts.unpacked.plain_bytes and not facts.unpacked.damage:
                facts.noted["the file is blank"] += 1
    except Unavailable as error:
        facts.error = f"not fetched: {error}"
        facts.status = UNREADABLE
        return
    except OSError as error:
        facts.error = f"could not be read ({(error.strerror or str(error)).lower()})"
        facts.status = UNREADABLE
        return
    except Exception as error:  # a defect of ours costs this file, not the others
        give_up(facts, error)
        return
    _judge(item, facts)


def give_up(facts: FileFacts, error: Exception) -> None:
    """A file is read no further, as the program was not made for what it met."""
    facts.error = f"not read beyond record {facts.records}: {in_a_sentence(error)}"
    facts.status = DAMAGED if facts.records else UNREADABLE


def _records(
    parts: Iterable[Piece | Broken], facts: FileFacts, name_of_file: str
) -> Iterator[Record]:
    formats: Counter[str] = Counter()
    unfinished = False
    for part in parts:
        if isinstance(part, Broken):
            facts.broken.append(part)
            continue
        facts.pieces += 1
        name, found = open_piece(part)
        if found.records:
            formats[name] += 1
        _count(found, facts)
        # Pages may stand one after another in a file: only the last one's token leads out of it.
        unfinished = found.more_pages or (unfinished and not found.records)
        for record in found.records:
            facts.records += 1
            facts.repeated_keys += record.repeated_keys
            if record.mapped:
                placed(record, found.where or name_of_file)
            yield record
    if unfinished:
        facts.noted[ONE_PAGE] += 1
    facts.format = " + ".join(name for name, _ in formats.most_common())


def _count(found: Found, facts: FileFacts) -> None:
    facts.damaged_records += found.damaged
    if found.skipped:
        facts.skipped[found.skipped] += 1
    if found.foreign:
        facts.foreign[found.foreign] += 1
    for note in found.notes:
        facts.noted[note] += 1
    facts.about = list(dict.fromkeys([*facts.about, *found.about]))


def _judge(item: Item, facts: FileFacts) -> None:
    """Say what the file was, once it has been read to its end."""
    if looks_like_partial_download(item.name):
        unfinished = "download not finished (the name is a temporary one)"
        if facts.unpacked.stored_bytes:
            facts.unpacked.damage.insert(0, unfinished)
        else:
            # Nothing had come yet: it is counted, but no evidence can be missing from it alone.
            facts.noted[unfinished] += 1
    nothing = facts.records == 0
    if facts.unpacked.damage:
        facts.status = UNREADABLE if nothing else DAMAGED
    elif facts.unpacked.plain_bytes == 0:
        facts.status = SKIPPED
        facts.noted["the file is empty"] += 1
    elif facts.broken and not nothing:
        facts.status = DAMAGED
    elif nothing and facts.broken:
        facts.status = UNREADABLE
    elif nothing and (facts.foreign or facts.skipped or facts.noted):
        # A file with `{"Records": []}` has none of these: it is ordinary, and read.
        facts.status = SKIPPED
    if facts.damaged_records:
        facts.status = UNREADABLE if nothing else DAMAGED


_NOT_OPENED = (
    ("PK\x03\x04", "a zip archive"),
    ("BZh", "bzip2-compressed data"),
    ("(\ufffd/\ufffd", "zstd-compressed data"),
    ("\ufffd7zXZ\x00", "xz-compressed data"),
    ("PAR1", "a Parquet file"),
    ("SQLite format 3\x00", "an SQLite database"),
)
"""How other packings begin, once their bytes have been taken for UTF-8."""
BINARY = "binary data of an unknown kind, not a log"
_NAMED_A_LOG = re.compile(
    r"CloudTrail|\.(?:json|jsonl|ndjson|csv|parquet)\b|\.(?:gz|zst|bz2|xz|zip|gpg|pgp|enc|aes)\Z",
    re.I,
)
_SPOILT = "binary data where its name says a log: encrypted, or damaged from its beginning on"
_TAR = slice(257, 262)
_CSV_HEADER = re.compile(r'"?[A-Za-z_@][\w .@-]*"?([,;]"?[A-Za-z_@][\w .@-]*"?){2,}')

_PYTHON = re.compile(r"[\[(]*\{'[A-Za-z_]+': ")
_MAIL = re.compile(r"(?:From|Received|Return-Path|Delivered-To|MIME-Version|Message-ID): ", re.I)
_DRAWN = re.compile(r"[-+|=]{5,}\s*$")
"""The rule above a table, as `aws --output table` draws it."""


def _is_named_a_log(name: str, compression: str) -> bool:
    """Whether a name promises a log. What was unpacked is no longer what the last part says."""
    base = base_name(name)
    told = base if compression == "none" else base.rpartition(".")[0]
    return _NAMED_A_LOG.search(told) is not None


def not_json(head: str) -> str:
    """Say what a text is when it is no JSON; empty when a line of it starts a JSON value."""
    for start, what in _NOT_OPENED:
        if head.startswith(start):
            return f"{what}, which this version does not open: unpack it first"
    if head[_TAR] == "ustar":
        return "a tar archive, which this version does not open: unpack it first"
    lines = [line.lstrip(_BLANK) for line in head[:_SNIFF].splitlines()]
    first = next((line for line in lines if line), "")
    if _CSV_HEADER.fullmatch(first.rstrip()):
        return f"a table of comma-separated values without CloudTrail columns ({first[:60]!r})"
    if _PYTHON.match(first):
        return "a Python value as it is printed, not JSON: write it with json.dumps"
    if any(line[:1] in _JSON_STARTS for line in lines if line):
        return ""
    log = text_log("\n".join(line for line in lines if line))
    if log:
        return log
    lowered = first.lower()
    if lowered.startswith(("<!doctype html", "<html")):
        return "an HTML page, not a log (often a login or error page saved by mistake)"
    if lowered.startswith(("<?xml", "<")) and "<field k=" in head:
        return "Splunk's results as XML: export them again as JSON, CSV or raw events"
    if lowered.startswith(("<?xml", "<")):
        return "XML, not a log (S3 answers errors in XML)"
    if "\ufffd" in first or "\x00" in first:
        return BINARY
    if _MAIL.match(first):
        return "an e-mail, not a log: save what is attached to it as a file"
    if is_yaml(head[:_SNIFF]):
        return "YAML without a record of a log"
    if _DRAWN.match(first):
        return "a table drawn for reading, not JSON: export it again with --output json"
    return f"text that is not JSON (it begins {first[:40]!r})"


def _peek(chunks: Iterator[str]) -> tuple[str, Iterator[str]]:
    """Enough text to see what it is, and an iterator over all of it."""
    head = ""
    for chunk in chunks:
        head += chunk
        if len(head) >= _SNIFF:
            break
    return head, chain((head,), chunks)
