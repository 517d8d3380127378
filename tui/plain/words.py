"""Values and signs as they are read aloud: whole, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from textual.content import Content

from queries.safe_text import safe_text
from tui.widgets.columns import Column, Row

SIGNS = {
    "●": "attention",
    "✗": "refused",
    "◦": "not by a person",
    "▶": "still in use",
    "★": "marked",
    "W": "changes something",
    "…": "never finished",
}
"""What stands in a column without a heading."""

_SPOKEN = {
    " ← ": ", through ",
    "←": "through ",
    "≈ ": "probably ",
    "≈": "probably ",
    " → ": " to ",
    " · ": ", ",
    "└─ ": "then ",
    "├─ ": "then ",
    "│": "",
    "×": "times ",
    "▾": "",
    "▸": "",
    "★": "marked",
    "⚠": "warning:",
    "−": "-",
    "–": "to",
}
_DRAWN = ((0x2190, 0x21FF), (0x2300, 0x23FF), (0x2500, 0x27BF), (0x2900, 0x297F))
"""Arrows, technical signs, boxes, blocks, shapes, dingbats: read aloud they are noise."""


def spoken(text: str) -> str:
    """A text of ours without signs."""
    if text.strip() in ("–", "—", ""):
        return ""
    for sign, word in _SPOKEN.items():
        text = text.replace(sign, word)
    return "".join(c for c in text if not drawn(c)).strip()


def drawn(character: str) -> bool:
    """Whether a character is a drawing and no text."""
    return any(first <= ord(character) <= last for first, last in _DRAWN)


def value_in_words(value: Any) -> str:
    """A value of the evidence: whole, literal, harmless."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.isoformat(' ', 'seconds')} UTC"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return f"{int(value):,}"
    if isinstance(value, list | tuple):
        return ", ".join(value_in_words(entry) for entry in value)
    return safe_text(value)


def cell_in_words(column: Column, row: Row) -> str:
    """One cell. What the screen shortens is whole here; a sign is its word."""
    raw = row.get(column.key)
    if column.render is None or isinstance(raw, datetime | list):
        return "" if isinstance(raw, list) else value_in_words(raw)
    shown = column.render(raw, row)
    text = shown.plain if isinstance(shown, Content) else str(shown)
    if not column.label:
        return SIGNS.get(text, spoken(safe_text(text)))
    if "…" in text and raw is not None:
        return value_in_words(raw)
    return spoken(safe_text(text))


def row_in_words(number: int, columns: Sequence[Column], row: Row) -> str:
    """`3. refused, tag 1.18.8, what tag is immutable, …`: what matters first, times last."""
    first: list[str] = []
    last: list[str] = []
    for column in columns:
        text = cell_in_words(column, row)
        if text:
            said = f"{spoken(column.label.removesuffix(' (UTC)'))} {text}" if column.label else text
            (last if isinstance(row.get(column.key), datetime) else first).append(said)
    return f"{number}. {', '.join([*first, *last]) or 'nothing recorded'}"


def facts_in_words(facts: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """`label: value`, one in a line; what continues a fact says its label again."""
    label = ""
    for name, value in facts:
        label = name or label
        text = value.plain if isinstance(value, Content) else str(value)
        for line in safe_text(text, keep="\n").split("\n"):
            if said := spoken(line):
                yield f"{label}: {said}"


def details(row: Row) -> Iterator[str]:
    """Everything that a row holds."""
    for name, value in row.values.items():
        if text := value_in_words(value):
            yield f"{name.replace('_', ' ')}: {text}"


def record_in_words(value: Any, path: str = "") -> Iterator[str]:
    """A record as lines `userIdentity.type: AssumedRole`, in its own order."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from record_in_words(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value, 1):
            yield from record_in_words(inner, f"{path} {number}")
    else:
        shown = (
            {True: "true", False: "false", None: "null"}.get(value, value)
            if (value is None or isinstance(value, bool))
            else value
        )
        yield f"{safe_text(path)}: {safe_text(str(shown) if shown not in ({}, []) else 'empty')}"
