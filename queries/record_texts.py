"""The records of a document that a machine wrote, as they stand there, without parsing them."""

from __future__ import annotations

import json

from queries.index.documents import FIRST_KEY, NeedsCare

_DECODER = json.JSONDecoder(strict=False)


def record_texts(document: bytes) -> list[bytes]:
    """Cut `{"Records":[{…},{…}]}` where the first key of a record follows a closing bracket.

    That text may also stand inside a record: whoever asks compares how many there must be, and
    whether what they use is whole. Raises `NeedsCare` for a document that is written otherwise.
    """
    match = FIRST_KEY.match(document)
    if match is None:
        raise NeedsCare
    first_key = match[1]
    opening = b"{" + first_key
    pieces = document[match.end() :].split(b"}," + opening)
    last = pieces.pop()
    texts = [opening + piece + b"}" for piece in pieces]
    return [*texts, _to_its_end(opening + last)]


def _to_its_end(text: bytes) -> bytes:
    """An object without what follows it."""
    try:
        written = text.decode()
        _, end = _DECODER.raw_decode(written)
    except (ValueError, RecursionError):
        raise NeedsCare from None
    return written[:end].encode()
