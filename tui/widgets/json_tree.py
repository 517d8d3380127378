"""A JSON document as a tree that loses nothing: repeated keys, number spelling, order. No widget.

Everything shown is valid JSON again: characters that must not reach a terminal are written as
JSON's own escapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import unquote

from queries.safe_text import ELLIPSIS, MAX_COMBINING, safe_parts, safe_text

Kind = Literal["object", "array", "string", "number", "literal", "text"]
OPENING: Final = {"object": "{", "array": "["}
CLOSING: Final = {"object": "}", "array": "]"}

_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*\Z", re.ASCII)
_MAY_BE_JSON = re.compile(r"\s*(?:[\[{]|%7[Bb]|%5[Bb])")


class Number(str):
    """A JSON number exactly as it was written."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """A JSON object as its (key, value) pairs, in order, repeated keys included."""


class Node:
    """One value of the document, and where it stands."""

    __slots__ = ("children", "folded", "key", "kind", "last", "note", "opened", "parent", "value")

    def __init__(self, kind: Kind, value: Any, parent: Node | None, key: str | int | None) -> None:
        self.kind: Kind = kind
        self.value = value
        """str (string, number as written, or line of plain text), True, False, None; or unused."""
        self.parent = parent
        self.key = key
        """Name in an object, index in an array, None at the top."""
        self.children: list[Node] = []
        self.folded = False
        self.last = True
        self.note = ""
        """What is odd about the key."""
        self.opened: Kind | None = None
        """For a string shown as the document it holds: kind of that document."""

    @property
    def shape(self) -> Kind:
        """The kind to draw: that of the document inside, once a string has been opened."""
        return self.opened or self.kind

    @property
    def foldable(self) -> bool:
        return bool(self.children)

    @property
    def depth(self) -> int:
        depth, node = 0, self.parent
        while node is not None:
            depth, node = depth + 1, node.parent
        return depth

    @property
    def path(self) -> str:
        """``requestParameters.imageIds[0].imageTag``; "»" leads into text that holds JSON."""
        parts: list[str] = []
        node: Node | None = self
        while node is not None and node.parent is not None:
            parent = node.parent
            first = parent.parent is None
            if isinstance(node.key, int):
                part = f"[{node.key}]"
            elif node.key is None:
                part = ""
            elif _PLAIN_KEY.match(node.key):
                part = node.key if first or parent.opened else f".{node.key}"
            else:
                part = f"[{quote(node.key)}]"
            parts.append(f"»{part}" if parent.opened else part)
            node = parent
        return "".join(reversed(parts))

    @property
    def scalar_text(self) -> str:
        """The value as text: a string itself, other scalars as JSON writes them."""
        if isinstance(self.value, str):
            return self.value
        return json.dumps(self.value) if self.kind == "literal" else ""

    def walk(self) -> Iterator[Node]:
        """This node and everything below it, in document order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


def parse(text: str) -> tuple[Node, str | None]:
    """The document in `text`, or its lines as plain text and the reason why it is not JSON."""
    try:
        return _grow(_loads(text.removeprefix("\ufeff")), None, None), None
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else safe_text(error, 80)
    root = Node("text", "", None, None)
    root.children = [Node("text", line, root, i) for i, line in enumerate(text.split("\n"))]
    return root, reason


def holds_json(node: Node) -> bool:
    """Whether a string looks as though it were a JSON object or array (perhaps URL-encoded)."""
    return node.kind == "string" and bool(_MAY_BE_JSON.match(node.value))


def open_inner(node: Node) -> bool:
    """Put the document a string holds below it. False: it holds none."""
    if node.opened or not holds_json(node):
        return False
    text: str = node.value
    try:
        inner = _loads(unquote(text) if text.lstrip().startswith("%") else text)
        top = _grow(inner, node.parent, node.key)
    except (ValueError, RecursionError):
        return False
    if top.kind not in OPENING:
        return False
    node.opened, node.children, node.folded = top.kind, top.children, False
    for child in node.children:
        child.parent = node
    return True


def close_inner(node: Node) -> None:
    """Show a string as a string again."""
    if node.opened:
        node.opened, node.children, node.folded = None, [], False


def _loads(text: str) -> Any:
    return json.loads(
        text, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=Number
    )


def _node(value: Any, parent: Node | None, key: str | int | None) -> Node:
    if isinstance(value, Pairs):
        return Node("object", None, parent, key)
    if isinstance(value, list):
        return Node("array", None, parent, key)
    if isinstance(value, Number):
        return Node("number", str(value), parent, key)
    return Node("string" if isinstance(value, str) else "literal", value, parent, key)


def _grow(value: Any, parent: Node | None, key: str | int | None) -> Node:
    """Nodes for a parsed value, without recursion."""
    top = _node(value, parent, key)
    work = [(top, value)]
    while work:
        node, data = work.pop()
        if isinstance(data, Pairs):
            exact: set[str] = set()
            folded: set[str] = set()
            for name, item in data:
                child = _node(item, node, name)
                lower = name.casefold()
                if name in exact:
                    child.note = "repeated key"
                elif lower in folded:
                    child.note = "key differs in case only"
                exact.add(name)
                folded.add(lower)
                node.children.append(child)
                work.append((child, item))
        elif isinstance(data, list):
            for index, item in enumerate(data):
                child = _node(item, node, index)
                node.children.append(child)
                work.append((child, item))
        for child in node.children:
            child.last = False
        if node.children:
            node.children[-1].last = True
    return top


def quote(text: str, limit: int | None = None) -> str:
    """A string as a safe JSON literal; with `limit`, cut to so many cells (and no longer JSON)."""
    cut = text if limit is None else text[: (max(limit, 0) + 1) * (1 + MAX_COMBINING)]
    quoted = json.dumps(cut, ensure_ascii=False)
    shown, escapes = safe_parts(quoted)
    if escapes:
        pieces, at = [], 0
        for start, end in escapes:
            pieces += [shown[at:start], _json_escape(int(shown[start + 2 : end], 16))]
            at = end
        shown = "".join(pieces) + shown[at:]
    if limit is None:
        return shown
    return safe_text(shown if len(cut) == len(text) else shown[:-1] + ELLIPSIS, limit)


def _json_escape(code: int) -> str:
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def to_json(node: Node, indent: int = 2) -> str:
    """A subtree as JSON text, keys and numbers as they were (an opened string as the string)."""
    lines: list[str] = []
    stack: list[tuple[Node, int, bool]] = [(node, 0, False)]
    while stack:
        item, depth, closing = stack.pop()
        pad = " " * indent * depth
        comma = "" if item.last or item is node else ","
        if closing:
            lines.append(f"{pad}{CLOSING[item.kind]}{comma}")
            continue
        name = f"{quote(item.key)}: " if isinstance(item.key, str) and item is not node else ""
        if item.kind in OPENING:
            if not item.children:
                lines.append(f"{pad}{name}{OPENING[item.kind]}{CLOSING[item.kind]}{comma}")
                continue
            lines.append(f"{pad}{name}{OPENING[item.kind]}")
            stack.append((item, depth, True))
            stack.extend((child, depth + 1, False) for child in reversed(item.children))
        elif item.kind == "string":
            lines.append(f"{pad}{name}{quote(item.value)}{comma}")
        elif item.kind == "text":
            lines.extend(c.value for c in item.children)
            lines += [item.value] if item.parent else []
        else:
            lines.append(f"{pad}{name}{item.scalar_text}{comma}")
    return "\n".join(lines)


class Line(NamedTuple):
    """A line of a document as it is folded: a value begins on it, or ends."""

    node: Node
    closing: bool = False


def lines_of(top: Node) -> list[Line]:
    """The lines of a value as it is folded now."""
    lines: list[Line] = []
    stack = [Line(top)]
    while stack:
        line = stack.pop()
        node = line.node
        if not (node.kind == "text" and node.parent is None):
            lines.append(line)
        if not line.closing and node.foldable and not node.folded:
            if node.kind != "text":
                stack.append(Line(node, True))
            stack.extend(Line(child) for child in reversed(node.children))
    return lines
