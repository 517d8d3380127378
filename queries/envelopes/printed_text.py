"""Objects as programs print them into the cells of a table when nobody asked for JSON.

`{'key': 'text', 'other': None}` of Python (a data frame written to CSV), the same with texts that
are quoted only where they have to be (DuckDB's structs), and `@{key=text; other=text}` of
PowerShell's Export-Csv, which prints only the outermost members.
https://docs.python.org/3/library/functions.html#repr
https://duckdb.org/docs/stable/sql/data_types/struct
https://learn.microsoft.com/powershell/module/microsoft.powershell.utility/export-csv
"""

from __future__ import annotations

import re
from typing import Any

from queries.envelopes.struct_text import DECODER, DEEPEST, TEXT_KEYS, bare_text

_START = re.compile(r"[\s\[]*\{\s*(?:'|\"[^\"\\]{0,256}\":\s*(?:'|None\b|True\b|False\b|NULL\b))")
_QUOTED = re.compile(
    r"\s*(?:'([^'\\]*(?:\\.[^'\\]*)*)'|\"([^\"\\]*(?:\\.[^\"\\]*)*)\")\s*", re.DOTALL
)
_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|.)", re.DOTALL
)
_MEANT = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_NEXT_MEMBER = re.compile(
    r",\s*(?=(?:'(?:[^'\\]|\\.){0,256}'|\"(?:[^\"\\]|\\.){0,256}\")\s*:)|[{}\[\]]", re.DOTALL
)
_NEXT_ENTRY = re.compile(r",\s|[{}\[\]]")
_JSON_START = re.compile(r'\{\s*"')
_WORDS = {"None": None, "NULL": None, "null": None, "nan": None, "NaN": None}
_TRUTHS = {"True": True, "true": True, "False": False, "false": False}
_POWERSHELL = "@{"
_POWERSHELL_KEY = re.compile(r"(?:\A|;\s)([A-Za-z_][\w.-]{0,127})=")
_NOT_PRINTED = re.compile(r"System\.(?:Object\[\]|Collections\.|Management\.)")


def looks_printed(text: str) -> bool:
    """Whether a text may be an object, or a list of them, in one of these forms."""
    return text.startswith(_POWERSHELL) or _START.match(text) is not None


def parse_printed(text: str) -> Any:
    """The value of a text in one of these forms, or None when it has another."""
    if text.startswith(_POWERSHELL):
        return _powershell(text)
    try:
        value, end = _value(text, 0, _NEXT_MEMBER, "", 0)
    except ValueError:
        return None
    return value if not text[end:].strip() and isinstance(value, dict | list) else None


def of_powershell(text: str) -> bool:
    """Whether PowerShell printed a text: what is nested in the object is then not in it."""
    return text.startswith(_POWERSHELL) or _NOT_PRINTED.match(text) is not None


def _value(text: str, at: int, until: re.Pattern[str], key: str, depth: int) -> tuple[Any, int]:
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    while text[at : at + 1].isspace():
        at += 1
    sign = text[at : at + 1]
    if sign in ("'", '"') and (quoted := _QUOTED.match(text, at)):
        return _meant(quoted), quoted.end()
    if sign == "{" and _JSON_START.match(text, at) and key.lower().endswith(TEXT_KEYS):
        # Older DuckDB writes a text that is JSON without quotes around it.
        _, end = DECODER.raw_decode(text, at)
        return text[at:end], end
    if sign == "{":
        return _members(text, at + 1, depth)
    if sign in ("[", "("):
        return _entries(text, at + 1, "]" if sign == "[" else ")", depth)
    word, end = bare_text(text, at, until)
    word = (word or "").strip()
    return _WORDS[word] if word in _WORDS else _TRUTHS.get(word, word), end


def _members(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while True:
        if text[at : at + 1] == "}":
            return members, at + 1
        key = _QUOTED.match(text, at)
        if key is None or text[key.end() : key.end() + 1] != ":":
            raise ValueError("no key")
        name = _meant(key)
        members[name], at = _value(text, key.end() + 1, _NEXT_MEMBER, name, depth + 1)
        at = _past_comma(text, at, "}")


def _entries(text: str, at: int, close: str, depth: int) -> tuple[list[Any], int]:
    entries: list[Any] = []
    while True:
        if text[at : at + 1] == close:
            return entries, at + 1
        value, at = _value(text, at, _NEXT_ENTRY, "", depth + 1)
        entries.append(value)
        at = _past_comma(text, at, close)


def _past_comma(text: str, at: int, close: str) -> int:
    while text[at : at + 1].isspace():
        at += 1
    if text[at : at + 1] == ",":
        at += 1
        while text[at : at + 1].isspace():
            at += 1
    elif text[at : at + 1] != close:
        raise ValueError("no end")
    return at


def _meant(quoted: re.Match[str]) -> str:
    inner = quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
    return _ESCAPE.sub(_unescaped, inner) if "\\" in inner else inner


def _unescaped(found: re.Match[str]) -> str:
    sign = found.group(1)
    return chr(int(sign[1:], 16)) if len(sign) > 1 else _MEANT.get(sign, sign)


def _powershell(text: str) -> dict[str, Any] | None:
    text = text.strip()
    if not text.endswith("}"):
        return None
    inner = text[len(_POWERSHELL) : -1]
    keys = list(_POWERSHELL_KEY.finditer(inner))
    if not keys or keys[0].start() > 0:
        return None
    ends = [key.start() for key in keys[1:]] + [len(inner)]
    members = {key[1]: inner[key.end() : end] for key, end in zip(keys, ends, strict=True)}
    return {
        name: _TRUTHS.get(value, value)
        for name, value in members.items()
        if value and not _NOT_PRINTED.match(value)
    }
