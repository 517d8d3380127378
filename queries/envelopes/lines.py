"""The lines of a text that comes in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LONGEST = 64 << 20
"""Characters of one line; a longer one comes in parts, so that no text fills the memory."""


def text_lines(chunks: Iterable[str]) -> Iterator[str]:
    """Each line without what ends it, and without the marks and NULs that may stand around it. What
    stands behind the last end is a line, unless it is blank."""
    kept: list[str] = []
    size = 0
    for chunk in chunks:
        first, *others = chunk.split("\n")
        kept.append(first)
        size += len(first)
        if others or size > LONGEST:
            yield _bare("".join(kept))
            yield from map(_bare, others[:-1])
            kept = others[-1:]
            size = len(others[-1]) if others else 0
    if (last := _bare("".join(kept))).strip():
        yield last


def _bare(line: str) -> str:
    return line.rstrip("\r\x00").lstrip("\ufeff\x00")
