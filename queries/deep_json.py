"""JSON that Python's own module refuses although DuckDB reads it: nested beyond a thousand levels,
with a comma before a closing bracket, or with `nan` and `inf` for numbers. All are read here
without recursion, so that the careful reader and the fast lane agree on what a record is.
"""

from __future__ import annotations

import json
import re
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_NOT_FINITE = re.compile(r"-?(?:nan|inf(?:inity)?)(?=[\s,\]}])", re.IGNORECASE)
_COMMAS = frozenset(
    {
        "Expecting property name enclosed in double quotes",
        "Expecting value",
        "Illegal trailing comma before end of object",
        "Illegal trailing comma before end of array",
    }
)
_MISSING = object()


def is_leniently_json(error: json.JSONDecodeError, start: int) -> bool:
    """Whether what the parser stumbled over, in a value that began at `start`, is a comma before a
    closing bracket, or an infinity or not-a-number in some other spelling than Python's."""
    if error.msg not in _COMMAS:
        return False
    at = error.pos
    if _NOT_FINITE.match(error.doc, at):
        return True
    if error.doc[at : at + 1] == ",":  # Python 3.13 points at the comma
        at = _skip(error.doc, at + 1)
        return error.doc[at : at + 1] in ("}", "]")
    before = error.doc[start:at].rstrip(" \t\r\n")
    return error.doc[at : at + 1] in ("}", "]") and before.endswith(",")


def parse_patiently(text: str, at: int, decoder: json.JSONDecoder) -> tuple[Any, int]:
    """The value at `at` and where it ends, as `decoder.raw_decode` gives them, its hooks used.

    Raises `json.JSONDecodeError` for what is not JSON even so.
    """
    pairs_hook: Any = decoder.object_pairs_hook
    opened: list[tuple[_Gathered, Any]] = []  # with the key of each in the one around it
    key: Any = None
    value: Any = _MISSING
    while True:
        if value is _MISSING:
            at = _skip(text, at)
            if text[at : at + 1] in ("{", "["):
                opened.append((_Gathered(text[at]), key))
                at = _skip(text, at + 1)
            else:
                value, at = _scalar(text, at, decoder)
        while value is not _MISSING or _closes(text, at, opened):
            if value is _MISSING:
                gathered, outer_key = opened.pop()
                value = pairs_hook(gathered.found) if gathered.kind == "{" else gathered.found
                key, at = outer_key, at + 1
            if not opened:
                return value, at
            around = opened[-1][0]
            around.found.append((key, value) if around.kind == "{" else value)
            value = _MISSING
            at = _after_value(text, _skip(text, at), around.kind)
        if opened[-1][0].kind == "{":
            key, at = _member_name(text, at, decoder)


class _Gathered:
    """An object or array that is not closed yet."""

    __slots__ = ("found", "kind")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.found: list[Any] = []


def _closes(text: str, at: int, opened: list[tuple[_Gathered, Any]]) -> bool:
    return text[at : at + 1] == ("}" if opened[-1][0].kind == "{" else "]")


def _after_value(text: str, at: int, kind: str) -> int:
    """Past the comma, if one follows; a closing bracket is left standing."""
    if text[at : at + 1] == ",":
        return _skip(text, at + 1)
    if text[at : at + 1] != ("}" if kind == "{" else "]"):
        raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
    return at


def _member_name(text: str, at: int, decoder: json.JSONDecoder) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
    name, at = _scalar(text, at, decoder)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
    return name, at + 1


def _scalar(text: str, at: int, decoder: json.JSONDecoder) -> tuple[Any, int]:
    """A string, number or word; whole numbers of any length."""
    scan: Any = decoder.scan_once  # type: ignore[attr-defined]
    try:
        return scan(text, at)  # type: ignore[no-any-return]
    except StopIteration:
        if word := _NOT_FINITE.match(text, at):
            return not_finite(word[0]), word.end()
        raise json.JSONDecodeError("Expecting value", text, at) from None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


_MARK, _END = "\ue000", "\ue001"
_MARKED = re.compile(
    f'"{_MARK}(-?(?:nan|inf(?:inity)?|[0-9]+(?:[.][0-9]+)?(?:e[-+]?[0-9]+)?)){_END}"', re.IGNORECASE
)


def not_finite(word: str) -> str:
    """A number that is none, or larger than any, as a text that `bare` knows again."""
    return f"{_MARK}{word}{_END}"


def bare(text: str) -> str:
    """JSON with such numbers as they stood in the source: DuckDB leaves them as they are."""
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def write_deep(value: Any) -> str:
    """`json.dumps(value, ensure_ascii=False)` for values nested too deeply for it."""
    written: list[str] = []
    waiting: list[Any] = [value]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, _Verbatim):
            written.append(entry.text)
        elif isinstance(entry, dict):
            waiting.append(_Verbatim("}"))
            for number, (name, inner) in enumerate(reversed(entry.items())):
                waiting += [_Verbatim(",")] if number else []
                waiting += [inner, _Verbatim(json.dumps(name, ensure_ascii=False) + ":")]
            waiting.append(_Verbatim("{"))
        elif isinstance(entry, list):
            waiting.append(_Verbatim("]"))
            for number, inner in enumerate(reversed(entry)):
                waiting += [_Verbatim(",")] if number else []
                waiting.append(inner)
            waiting.append(_Verbatim("["))
        else:
            written.append(json.dumps(entry, ensure_ascii=False))
    return "".join(written)


class _Verbatim:
    """A piece of the text that stands as it is."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text
