"""`{key=value, key={…}, key=[…]}`: how Athena, CloudTrail Lake and Elastic print structs and maps.

Nothing in that form is quoted, so a value with `, key=` in it is split in the wrong place; the
forms that CloudTrail's identities take have no spaces and are safe. JSON inside is taken as JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

DEEPEST = 32
DECODER = json.JSONDecoder(strict=False, parse_constant=str)
_KEY = re.compile(r"\s*([^={}\[\],\s][^={}\[\],]{0,255})=")
_NEXT = re.compile(r",\s(?=[^={}\[\],\s][^={}\[\],]{0,255}=)|[{}\[\]]")
_LIST_NEXT = re.compile(r",\s|[{}\[\]]")
_JSON_START = re.compile(r'\{\s*"|\[\s*(?:\{\s*)?"')
_START = re.compile(r"[\s\[]*\{")
TEXT_KEYS = ("manifest", "text", "document", "policy")
"""Members whose value is JSON in a string in the record as well."""


def looks_like_struct(text: str) -> bool:
    """Whether a text may be a struct, a map or a list of them in this form."""
    start = _START.match(text)
    return start is not None and _KEY.match(text, start.end()) is not None


def parse_struct(text: str) -> Any:
    """The value of a text in this form, or None when it has another."""
    try:
        value, end = _value(text, 0, _NEXT, 0)
    except (ValueError, RecursionError):
        return None
    return value if not text[end:].strip() and isinstance(value, dict | list) else None


def _value(
    text: str, at: int, until: re.Pattern[str], depth: int, key: str = ""
) -> tuple[Any, int]:
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    while text[at : at + 1] == " ":
        at += 1
    if _JSON_START.match(text, at):
        try:
            value, end = DECODER.raw_decode(text, at)
        except ValueError:
            pass
        else:
            return (text[at:end] if key.lower().endswith(TEXT_KEYS) else value), end
    if text[at : at + 1] == "{" and (_KEY.match(text, at + 1) or text[at : at + 2] == "{}"):
        return _struct(text, at + 1, depth)
    if text[at : at + 1] == "[":
        return _list(text, at + 1, depth)
    return bare_text(text, at, until)


def _struct(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while True:
        if text[at : at + 1] == "}":
            return members, at + 1
        key = _KEY.match(text, at)
        if key is None:
            raise ValueError("no key")
        name = key.group(1).strip()
        members[name], at = _value(text, key.end(), _NEXT, depth + 1, name)
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != "}":
            raise ValueError("no end")


def _list(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    values: list[Any] = []
    while True:
        while text[at : at + 1] in (" ", ","):
            at += 1
        if text[at : at + 1] == "]":
            return values, at + 1
        if at >= len(text):
            raise ValueError("no end")
        value, at = _value(text, at, _LIST_NEXT, depth + 1)
        values.append(value)
        if text[at : at + 1] not in (",", "]"):
            # A bracket that closes nothing: going on would be for ever.
            raise ValueError("no end")


def bare_text(text: str, at: int, until: re.Pattern[str]) -> tuple[str | None, int]:
    """Text up to the next member or the bracket that closes the struct around it."""
    start, level = at, 0
    while True:
        found = until.search(text, at)
        if found is None:
            raise ValueError("no end")
        sign = found.group()
        if sign in ("{", "["):
            level += 1
        elif sign in ("}", "]"):
            if level == 0:
                break
            level -= 1
        elif level == 0:
            break
        at = found.end()
    end = found.start()
    if end == start and text[start : start + 1] in ("{", "["):
        raise ValueError("no value")
    value = text[start:end]
    return (None if value == "null" else value), end
