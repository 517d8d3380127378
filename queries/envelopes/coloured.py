"""Text with a terminal's colours in it: `jq -C`, `grep --color=always`, `aws --color on` in a file.

JSON has no bare escape character, so what begins with one is no data of a log.
https://www.ecma-international.org/publications-and-standards/standards/ecma-48/ (8.3.117, SGR)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from queries.json_stream import Broken, JsonStream, Piece

_COLOUR = re.compile(r"\x1b\[[0-9;:]{0,32}[mK]")
_LONGEST = 40


def looks_like(head: str) -> bool:
    """Whether there are colours among the first lines, and JSON."""
    return "{" in head and _COLOUR.search(head[: 1 << 12]) is not None


def pieces(chunks: Iterator[str]) -> Iterator[Piece | Broken]:
    """What the text without the colours has."""
    from queries.envelopes.texts import cutter  # which knows this module

    plain = _plain(chunks)
    head = next(plain, "")
    yield from (cutter(head) or JsonStream)(chain((head,), plain))


def _plain(chunks: Iterator[str]) -> Iterator[str]:
    kept = ""
    for chunk in chunks:
        text = kept + chunk
        last = text.rfind("\x1b")
        cut = last if last >= 0 and len(text) - last < _LONGEST else len(text)
        kept = text[cut:]
        yield _COLOUR.sub("", text[:cut])
    yield _COLOUR.sub("", kept)
