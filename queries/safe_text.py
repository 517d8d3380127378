"""Make any log value safe to print: one line, nothing hidden, nothing that a terminal obeys.

User agents, session names, tags and error messages are chosen by attackers. Whatever could
drive a terminal (control characters, escape sequences), reorder text (bidirectional controls),
or hide in it (zero-width, invisible, unassigned and private-use characters, blanks that are not
a space) is written out as a visible escape such as ``\\x1b`` or ``\\u202e``.

The result is text, not markup: a widget must still show it literally, and HTML, Markdown and CSV
have escapes of their own. Printable ASCII is left alone, so a backslash in the log looks like the
start of an escape here; `safe_parts` says which is which.

Only the standard library is used. Widths are counted in terminal cells, never less than what
rich and Textual count for the same text (a test compares all code points).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

NONE_TEXT = "–"
"""How an absent value is written."""

ELLIPSIS = "…"

MAX_COMBINING = 4
"""Combining marks kept on one character; what is piled on top of these is escaped."""

_TAB_CELLS = 8
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Printable by Unicode's categories, yet nothing to be seen: fillers, joiners, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001d159\U00016fe4\U000e0000-\U000e0fff]"
)


@lru_cache(maxsize=4096)
def _escape(char: str) -> str:
    """The visible escape of a character that must not reach a screen, or "" if it may."""
    if char.isprintable() and not _INVISIBLE.match(char):
        return ""
    if char in _NAMED:
        return _NAMED[char]
    return _written_out(char)


def _written_out(char: str) -> str:
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


# Wide for rich since Unicode 16, narrow for the tables of older Pythons.
_WIDE = re.compile(
    "[\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d356\U0001d360-\U0001d376]"
)


@lru_cache(maxsize=4096)
def char_cells(char: str) -> int:
    """Terminal cells (0, 1 or 2) one printable character takes, erring on the wide side."""
    if unicodedata.category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0
    if "\ud7b0" <= char <= "\ud7fb":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" or _WIDE.match(char) else 1


def plain_text(value: object) -> str:
    """Any value as text, still unsafe. Never raises: a value that cannot be written says so."""
    if isinstance(value, str):
        return value
    if value is None:
        return NONE_TEXT
    if value is True or value is False:
        return "true" if value else "false"
    try:
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value).decode("utf-8", "backslashreplace")
        return str(value)
    except Exception:  # a foreign __str__, or an int beyond Python's digit limit
        return f"<unprintable {type(value).__name__}>"


def safe_parts(
    value: object, limit: int | None = None, *, keep: str = ""
) -> tuple[str, list[tuple[int, int]]]:
    """`safe_text` with the places of its escapes.

    Returns:
        The text, and (start, end) character offsets of the escapes in it, in order.
    """
    text = plain_text(value)
    if limit is not None:
        if limit <= 0:
            return "", []
        # Cut before looking: one cell takes at most 1 + MAX_COMBINING characters.
        text = text[: (limit + 1) * (1 + MAX_COMBINING)]
    if text.isascii() and text.isprintable():
        if limit is not None and len(text) > limit:
            return text[: limit - 1] + ELLIPSIS, []
        return text, []

    out: list[str] = []
    escapes: list[tuple[int, int]] = []
    length = cells = combining = 0
    # Where to cut, should the text prove too wide: the last place that leaves room for "…".
    cut_pieces = cut_escapes = 0
    based = False
    for char in text:
        kept = char in keep and char in "\n\t"
        piece = "" if kept else _escape(char)
        if kept:
            width = _TAB_CELLS if char == "\t" else 1
            based, combining = False, 0
        elif piece:
            width, based = len(piece), False
        elif width := char_cells(char):
            based, combining = True, 0
        else:
            combining += 1
            if not based or combining > MAX_COMBINING:
                piece = _written_out(char)
                width, based = len(piece), False
        if limit is not None:
            if cells + width > limit:
                del out[cut_pieces:], escapes[cut_escapes:]
                return "".join(out) + ELLIPSIS, escapes
            if cells + width < limit:
                cut_pieces = len(out) + 1
                cut_escapes = len(escapes) + bool(piece)
        if piece:
            escapes.append((length, length + len(piece)))
        out.append(piece or char)
        length += len(out[-1])
        cells += width
    return "".join(out), escapes


def safe_text(value: object, limit: int | None = None, *, keep: str = "") -> str:
    """Any value as text that is safe for any sink, cut to `limit` terminal cells with "…".

    Args:
        value: Anything; None becomes "–", bytes are read as UTF-8 with the rest escaped.
        limit: Greatest width in terminal cells, or None for the whole text.
        keep: Which of "\\n" and "\\t" to leave alone (for text of several lines).

    Returns:
        Text without control, format, surrogate, private-use, unassigned or invisible characters.
    """
    return safe_parts(value, limit, keep=keep)[0]


def is_safe(text: str) -> bool:
    """True when `safe_text` would leave this text, uncut, as it is."""
    return safe_parts(text)[0] == text
