"""Base64 in place of a log: a record on each line, or a whole file, wrapped or not.

Queues, tickets and consoles carry bytes so; what Firehose could not deliver lies in its bucket with
the record in `rawData`. Told by its beginning, which is that of JSON or of gzip in base64.
https://docs.aws.amazon.com/firehose/latest/dev/retry.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from queries.envelopes.lines import text_lines
from queries.json_stream import Broken, JsonStream, Piece
from queries.unpack import Unpacked, bounded, text_chunks, unpacked

_START = r"(?:eyJ|eyAi|ewo|ew0K|W3s|WyJ|Wwo|Ww0K|H4sI)"
"""Of an object, a list or gzip."""
_HEAD = re.compile(rf"\s*{_START}[A-Za-z0-9+/_-]{{37,}}")
_WHOLE = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_WITHIN = re.compile(rf'"\s*{_START}[A-Za-z0-9+/_-]{{37,}}')
_AROUND = "\ufeff\x00 \t\r"
_LOOKED_AT = 64
_LONGEST_RECORD = 4 << 20
"""Characters: a first line that is longer is a whole file."""
_URL_SAFE = str.maketrans("-_", "+/")


def is_payload(text: str) -> bool:
    """Whether a text is base64 of JSON or of gzip, as far as its first characters tell."""
    return _HEAD.match(text) is not None and _WHOLE.fullmatch("".join(text.split())) is not None


def holds_payload(text: str) -> bool:
    """Whether a JSON text has a member that may be one."""
    return _WITHIN.search(text) is not None


def decoded(text: str) -> bytes:
    """The bytes of a base64 text in either alphabet. Raises `ValueError`."""
    plain = "".join(text.split()).translate(_URL_SAFE).rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def looks_like(head: str) -> bool:
    """Whether the first lines are base64, and of something that can be read."""
    lines = head.lstrip("\ufeff \t\r\n").split("\n")
    whole = lines[:-1] if len(lines) > 1 else lines
    return bool(_HEAD.match(lines[0])) and all(
        _WHOLE.fullmatch(line.strip()) for line in whole if line.strip()
    )


def pieces(chunks: Iterator[str]) -> Iterator[Piece | Broken]:
    """A text for each line where each begins anew; else what the lines are together."""
    head = _head(chunks)
    _, _, second = head.lstrip(_AROUND + "\n").partition("\n")
    everything = chain((head,), chunks)
    if _HEAD.match(second):
        for line in text_lines(everything):
            if stripped := line.strip(_AROUND):
                yield Piece(stripped, stripped, None)
        return
    facts = Unpacked()
    plain = bounded(unpacked(_bytes(everything, facts), facts), lambda: facts.stored_bytes, facts)
    yield from JsonStream(text_chunks(plain, facts))
    for damage in facts.damage:
        yield Broken(1, damage, cut=True)


def _head(chunks: Iterator[str]) -> str:
    """A text up to the beginning of its second line; a first line that is too long goes on with the
    next chunk."""
    head = next(chunks, "")
    while len(head) < _LONGEST_RECORD:
        _, _, second = head.lstrip(_AROUND + "\n").partition("\n")
        if len(second.lstrip()) > _LOOKED_AT or not (chunk := next(chunks, "")):
            break
        head += chunk
    return head


def _bytes(chunks: Iterable[str], facts: Unpacked) -> Iterator[bytes]:
    """What the chunks are together. A text may end at the end of any line, and another begin."""
    kept = ""
    lines = chain.from_iterable(chunk.split("\n") for chunk in chunks)
    for line in chain(lines, (None,)):
        if line is not None:
            kept += "".join(line.strip(_AROUND).split())
        cut = len(kept) if line is None else len(kept) - len(kept) % 4
        try:
            data = decoded(kept[:cut])
        except ValueError:
            facts.damage.append("base64 that was cut, or goes on as something else")
            return
        kept = kept[cut:]
        facts.stored_bytes += len(data)
        if data:
            yield data
