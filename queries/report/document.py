"""A document as blocks, and nothing about how it is written down.

Every text in it is taken for log text: whoever writes the document out escapes all of it, once and
in one place. What only looks like a heading, a link or a tag stays text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be read letter by letter: an identifier, a digest, a name."""

    text: str


Inline = str | Code


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 is the title. `anchor` is a word of ours."""

    level: int
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    parts: tuple[Inline, ...]
    kind: str = ""
    """`note` for what must not be overlooked."""


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[tuple[Inline, ...], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names of ours, and values."""

    pairs: tuple[tuple[str, Inline], ...]


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[Inline, ...], ...]
    wide: bool = False
    """Whether it has long values, which are to be broken anywhere."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text exactly as it is, but for what could not be printed."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One event on a timeline. `sign` is MARKED or FOUND."""

    time: datetime
    lane: str
    label: str
    sign: str


FOUND, MARKED = "found", "marked"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Moments of several lanes on one axis, in the order of time."""

    moments: tuple[Moment, ...]
    title: str


Block = Heading | Paragraph | Bullets | Facts | Table | Verbatim | Timeline


@dataclass(slots=True)
class Document:
    """Blocks in their order."""

    title: str
    blocks: list[Block] = field(default_factory=list)

    def heading(self, text: str, anchor: str = "", level: int = 2) -> None:
        self.blocks.append(Heading(level, text, anchor))

    def say(self, *parts: Inline, kind: str = "") -> None:
        self.blocks.append(Paragraph(parts, kind))

    def bullets(self, items: Sequence[Sequence[Inline]]) -> None:
        if items:
            self.blocks.append(Bullets(tuple(tuple(item) for item in items)))

    def facts(self, pairs: Sequence[tuple[str, Inline | None]]) -> None:
        kept = tuple(
            (name, value)
            for name, value in pairs
            if value is not None and value not in ("", Code(""))
        )
        if kept:
            self.blocks.append(Facts(kept))

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[Inline]], *, wide: bool = False
    ) -> None:
        self.blocks.append(Table(tuple(columns), tuple(tuple(row) for row in rows), wide))

    def verbatim(self, text: str, language: str = "") -> None:
        self.blocks.append(Verbatim(text, language))

    def timeline(self, moments: Sequence[Moment], title: str) -> None:
        if moments:
            self.blocks.append(Timeline(tuple(sorted(moments, key=lambda m: m.time)), title))


def known_code(*values: object) -> Code | None:
    """What is known of some values as one piece of code; None when nothing is."""
    known = [str(value) for value in values if value not in (None, "")]
    return Code(" · ".join(known)) if known else None
