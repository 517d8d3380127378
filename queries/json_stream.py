"""Read JSON values from text piece by piece, whatever the size of the document.

One file may hold a single 20 MiB line, objects glued together without a newline, pretty-printed
objects one after another, or a document cut in the middle. This reader yields each record with
its exact text as soon as it is whole, so memory is bounded by one record and nothing that was
whole before a break is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from queries.deep_json import is_leniently_json, not_finite, parse_patiently

CONTAINER_KEYS = frozenset(
    {
        "Records",
        "Events",
        "records",
        "events",
        "logEvents",  # CloudWatch Logs subscription
        "results",  # Logs Insights, Splunk
        "QueryResultRows",  # CloudTrail Lake
        "items",  # a Kubernetes EventList
        "value",  # Azure's management API
        "entries",  # Cloud Logging
        "receivedMessages",  # Pub/Sub
    }
)
"""Members of a top-level object whose array elements are yielded one by one."""

_CONTAINER = re.compile(rf'\{{\s*"(?:{"|".join(sorted(CONTAINER_KEYS))})"\s*:')
_SPACE = re.compile(r"[ \t\r\n\x00]*")
_SEPARATORS = re.compile(r"[ \t\r\n\x00,;\x1e\ufeff]*")
"""Between values, which may come of several files, each with its byte order mark."""
_NEW_OBJECT = re.compile(r"\n(?=\{)")
"""Where the next record may start: a brace that opens a line. Inner lines of a pretty-printed
record are indented."""
_GROW = 1 << 20
_MAX_CUTS = 8
"""How often a value that has no end is given up for what stands on later lines."""


@dataclass(slots=True)
class Piece:
    """One JSON value found in the text."""

    value: Any
    text: str
    """Exactly as it stands in the source."""
    container: str | None
    """None: top-level value; "[]": element of a top-level array; else the member name."""
    repeated_keys: bool = False
    depth: int = 0
    """How many values this one was found inside of (a record in a message in a notice)."""
    remarks: tuple[str, ...] = ()
    """What whoever cut the text into pieces has to say about this one."""
    beside: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """Of an element of a list: what stood before the list in the same object."""


@dataclass(slots=True)
class Broken:
    """A stretch of text that is not JSON."""

    line: int
    reason: str
    cut: bool = False
    """True when the text simply ended in the middle of a value."""


class _Incomplete(Exception):
    """The buffer ends before the value does."""


class _Parser:
    """json with repeated keys noticed (the last one wins, as in Python and most readers)."""

    def __init__(self) -> None:
        self.repeated = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._pairs,
            parse_constant=not_finite,
            parse_float=_number,
            strict=False,
        )
        self._long_numbers = json.JSONDecoder(
            object_pairs_hook=self._pairs,
            parse_constant=not_finite,
            parse_float=_number,
            parse_int=_whole_number,
            strict=False,
        )

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            self.repeated = True
        return result

    def parse(self, text: str, at: int) -> tuple[Any, int]:
        try:
            return self._decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            if not is_leniently_json(error, at):
                raise
            return parse_patiently(text, at, self._long_numbers)
        except RecursionError:
            # Python's own parser stops at about a thousand levels, DuckDB's nowhere.
            return parse_patiently(text, at, self._long_numbers)
        except ValueError:
            # Python refuses whole numbers of more than 4300 digits.
            return self._long_numbers.raw_decode(text, at)


def _number(digits: str) -> float | str:
    """A number larger than Python's stays as it is written."""
    value = float(digits)
    return value if isfinite(value) else not_finite(digits)


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) < 4000 else digits


class JsonStream:
    """Iterate over `Piece` and `Broken` in a stream of text chunks.

    `grow` is how many characters are asked for at a time.
    """

    def __init__(self, chunks: Iterator[str], *, grow: int = _GROW) -> None:
        self._chunks = chunks
        self._grow = grow
        self._cuts = 0
        self._buffer = ""
        self._at = 0
        self._from = 0
        """Where the record that is being read began."""
        self._ended = False
        self._lines_before = 0
        self._parser = _Parser()
        self._rescued_in_object = False

    def __iter__(self) -> Iterator[Piece | Broken]:
        while True:
            self._skip(_SEPARATORS)
            if self._at >= len(self._buffer):
                return
            self._from = self._at
            try:
                yield from self._top_level()
            except _Incomplete:
                line = self._line()
                again = self._new_object(len(self._buffer))
                yield Broken(line, "the text ends in the middle of a value", cut=True)
                if not again:
                    return
                self._at += 1
            except (ValueError, RecursionError) as error:
                line = self._line()
                self._new_object(self._at + 1)
                yield Broken(line, _why(error))
                self._next_line()

    def _top_level(self) -> Iterator[Piece]:
        first = self._buffer[self._at]
        if first == "{":
            whole = self._line_object()
            if whole is not None:
                yield whole
            else:
                yield from self._object()
        elif first == "[":
            self._at += 1
            yield from self._elements("[]")
        else:
            value, text, repeated = self._value()
            yield Piece(value, text, None, repeated)

    def _line_object(self) -> Piece | None:
        """An object that fills its line, in one step: taking one apart member by member costs half
        of the time of reading it. None for a container, and for what is not whole in its line."""
        end = self._buffer.find("\n", self._at)
        if end < 0 or _CONTAINER.match(self._buffer, self._at):
            return None
        if not self._buffer[max(self._at, end - 2) : end].rstrip("\r").endswith("}"):
            return None
        self._parser.repeated = False
        try:
            value, at = self._parser.parse(self._buffer, self._at)
        except (ValueError, RecursionError):
            return None
        if at > end or not isinstance(value, dict) or not CONTAINER_KEYS.isdisjoint(value):
            return None
        piece = Piece(value, self._buffer[self._at : at], None, self._parser.repeated)
        self._at = at
        if at > self._grow:
            self._compact()
        return piece

    def _object(self) -> Iterator[Piece]:
        """A top-level object: elements of a container member one by one, else the whole.

        The text of the members passed is kept (not that of container elements), so a bare
        event comes out with its exact text.
        """
        kept: list[str] = []
        members: dict[str, Any] = {}
        repeated = False
        contained = False
        mark = self._at
        self._at += 1
        while True:
            self._skip(_SPACE)
            character = self._need()
            if character == "}":
                self._at += 1
                break
            if character == ",":
                self._at += 1
                continue
            key, _, _ = self._value()
            if not isinstance(key, str):
                raise ValueError("a member name is not a string")
            self._skip(_SPACE)
            if self._need() != ":":
                raise ValueError(f"no ':' after the member name {key[:40]!r}")
            self._at += 1
            self._skip(_SPACE)
            if key in CONTAINER_KEYS and self._need() == "[":
                contained = True
                self._at += 1
                yield from self._elements(key, members)
            else:
                value, _, again = self._value()
                repeated = repeated or again or key in members
                members[key] = value
            if contained:
                mark = self._at
            elif self._at > self._grow:
                kept.append(self._buffer[mark : self._at])
                self._compact()
                mark = self._at
        if not contained:
            kept.append(self._buffer[mark : self._at])
            yield Piece(members, "".join(kept), None, repeated)
        elif members:
            yield Piece(members, "", "{}", repeated)

    def _elements(self, container: str, beside: Mapping[str, Any] | None = None) -> Iterator[Piece]:
        while True:
            self._skip(_SPACE)
            character = self._need()
            if character == "]":
                self._at += 1
                return
            if character == ",":
                self._at += 1
                continue
            self._from = self._at
            value, text, repeated = self._value()
            yield Piece(value, text, container, repeated, beside=beside or {})
            if self._at > self._grow:
                self._compact()

    def _value(self) -> tuple[Any, str, bool]:
        """Parse one whole value at the cursor, reading on as long as it is incomplete."""
        while True:
            self._parser.repeated = False
            try:
                value, end = self._parser.parse(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if self._ended or not _may_be_incomplete(error, len(self._buffer)):
                    if self._ended and _may_be_incomplete(error, len(self._buffer)):
                        raise _Incomplete from None
                    self._at = max(self._at, min(error.pos, len(self._buffer)))
                    raise
                self._fill(max(self._grow, len(self._buffer) - self._at))
                continue
            # A number near the very end may go on in the next chunk (`1` of `1.5e-7`).
            near = end >= len(self._buffer) - 4
            if near and not self._ended and not isinstance(value, dict | list | str):
                self._fill(self._grow)
                continue
            text = self._buffer[self._at : end]
            self._at = end
            return value, text, self._parser.repeated

    def _need(self) -> str:
        while self._at >= len(self._buffer):
            if self._ended:
                raise _Incomplete
            self._fill(self._grow)
        return self._buffer[self._at]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        while True:
            match = pattern.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer) or self._ended:
                return
            self._fill(self._grow)

    def _fill(self, wanted: int) -> None:
        parts = [self._buffer]
        got = 0
        while got < wanted:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
                break
            parts.append(chunk)
            got += len(chunk)
        self._buffer = "".join(parts)

    def _compact(self) -> None:
        self._lines_before += self._buffer.count("\n", 0, self._at)
        self._buffer = self._buffer[self._at :]
        self._from = max(0, self._from - self._at)
        self._at = 0

    def _line(self) -> int:
        """Where the value that is being read begins: a line that was cut is noticed further on."""
        return self._lines_before + self._buffer.count("\n", 0, self._from) + 1

    def _new_object(self, end: int) -> bool:
        """Move to the end of the first line of what is given up, up to `end`, after which a new
        object starts: a line cut in the middle runs on into whole ones, which must not go too."""
        if end - self._from > self._grow:
            # Reading long stretches again and again would take for ever on a file made for that.
            self._cuts += 1
        found = _NEW_OBJECT.search(self._buffer, self._from, end)
        if found is None or self._cuts > _MAX_CUTS:
            return False
        self._at = found.start()
        return True

    def _next_line(self) -> None:
        """Go on after the next newline: one bad line must not hide the good ones after it."""
        while True:
            end = self._buffer.find("\n", self._at)
            if end >= 0:
                self._at = end + 1
                self._compact()
                return
            if self._ended:
                self._at = len(self._buffer)
                return
            self._at = len(self._buffer)
            self._compact()
            self._fill(self._grow)


def _may_be_incomplete(error: json.JSONDecodeError, length: int) -> bool:
    """Whether more text could make the value whole: the parser ran into the buffer's end."""
    return error.pos >= length - 8 or error.msg.startswith("Unterminated string")


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply to be a log record"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON ({error.msg[:1].lower()}{error.msg[1:]})"
    return f"not JSON ({error})"
