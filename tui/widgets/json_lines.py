"""One line of a JsonView. No widget here."""

from __future__ import annotations

import re

from textual.content import Content

from tui.text import ELLIPSIS, ESCAPE_STYLE, safe_content
from tui.widgets.json_tree import CLOSING, OPENING, Node, holds_json, quote

_JSON_ESCAPE = re.compile(r'\\(?:u[0-9a-f]{4}|[bfnrt"\\])')
_CONTEXT = 12
"""Characters shown before a match that lies beyond the width."""


def line_content(
    node: Node, closing: bool, indent: int, width: int | None, find: re.Pattern[str] | None
) -> Content:
    """One line of a document, in the styles ".key", ".string" … of its caller.

    Args:
        node: The value.
        closing: Draw its closing bracket instead.
        indent: Cells in front of it.
        width: Cells to cut to; None for the whole line, without markers and notes.
        find: What must be seen of a long string, wherever it is.
    """
    if node.kind == "text":
        return safe_content(node.value, width)
    pieces: list[str | Content | tuple[str, str]] = [" " * indent]
    if width is not None:
        mark = "▹" if holds_json(node) else ""
        if node.foldable and not closing:
            mark = "▸" if node.folded else "▾"
        pieces.append((f"{mark:<2}", ".punctuation"))
    comma = "" if node.last else ","
    if closing:
        return Content.assemble(*pieces, (CLOSING[node.shape] + comma, ".punctuation"))
    if isinstance(node.key, str):
        key = quote(node.key, None if width is None else max(8, width // 2))
        pieces += [_escapes(key, ".key"), (": ", ".punctuation")]
    if node.opened:
        pieces.append(("text, shown as JSON ", ".note"))
    if node.shape in OPENING:
        brackets = OPENING[node.shape], CLOSING[node.shape]
        if not node.children:
            pieces.append(("".join(brackets) + comma, ".punctuation"))
        elif node.folded:
            noun = "key" if node.shape == "object" else "item"
            count = f"{len(node.children):,} {noun}{'s' if len(node.children) > 1 else ''}"
            pieces.append((f"{brackets[0]}{ELLIPSIS}{brackets[1]}{comma}", ".punctuation"))
            pieces.append((f" {count}", ".punctuation"))
        else:
            pieces.append((brackets[0], ".punctuation"))
    elif node.kind == "string":
        note = len(node.note) + 2 if node.note else 0
        room = None
        if width is not None:
            taken = Content.assemble(*pieces).cell_length
            room = max(8, width - taken - len(comma) - note)
        pieces += [_escapes(_string(node.value, room, find), ".string"), (comma, ".punctuation")]
    else:
        style = ".number" if node.kind == "number" else ".literal"
        limit = None if width is None else width
        pieces += [safe_content(node.scalar_text, limit, style), (comma, ".punctuation")]
    if node.note and width is not None:
        pieces.append((f"  {node.note}", ".note"))
    return Content.assemble(*pieces)


def _string(text: str, room: int | None, find: re.Pattern[str] | None) -> str:
    """A string cut to its room; from shortly before `find`, if that lies beyond the room."""
    if room is None:
        return quote(text)
    if find is not None:
        found = find.search(text)
        if found and (found.end() > room - 2 or len(quote(text[: found.end()])) > room - 2):
            start = max(0, found.start() - _CONTEXT)
            return ELLIPSIS + quote(text[start:], room - 1)
    return quote(text, room)


def _escapes(quoted: str, style: str) -> Content:
    """A quoted string in a style, its escapes standing out."""
    content = Content.styled(quoted, style)
    for match in _JSON_ESCAPE.finditer(quoted) if "\\" in quoted else ():
        if match[0] not in ('\\"', "\\\\"):
            content = content.stylize(ESCAPE_STYLE, *match.span())
    return content
