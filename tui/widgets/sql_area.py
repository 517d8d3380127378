"""A box to write SQL in: Enter runs it, Tab completes a word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from tui.configuration.key_words import with_keys
from tui.configuration.naming import NamedKeys

_WORD = re.compile(r"(?:(\w+)\.)?(\w*)$")
_SOURCE = re.compile(r"\b(?:from|join|describe|summarize)\s+\w*$", re.IGNORECASE)
_ALIAS = re.compile(r"\b(?:from|join)\s+(\w+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)
KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "GROUP BY ALL", "ORDER BY", "HAVING", "LIMIT", "JOIN",
    "LEFT JOIN", "DISTINCT", "COUNT(*)", "AND", "OR", "NOT", "IS NULL", "IS NOT NULL", "LIKE",
    "ILIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "WITH", "UNION ALL", "DESC",
    "NULLS LAST", "DESCRIBE", "SUMMARIZE",
)  # fmt: skip


class SqlArea(NamedKeys, TextArea):
    """Posts `Submitted` for Enter; ctrl+j begins a new line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "new_line", "New line", show=False),
    ]

    class Submitted(Message):
        """Somebody wants the text to be run."""

        def __init__(self, area: SqlArea) -> None:
            super().__init__()
            self.area = area

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(
            text,
            id=id,
            soft_wrap=True,
            show_line_numbers=False,
            compact=True,
            highlight_cursor_line=False,
            placeholder=with_keys(
                "SELECT … FROM events · Enter runs, {new-line} breaks the line, Tab completes"
            ),
        )
        self.tables: Mapping[str, Sequence[str]] = {}

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted(self))
        elif event.key == "tab" and self.suggestion:
            event.stop()
            event.prevent_default()
            self.insert(self.suggestion)
        else:
            await super()._on_key(event)

    def action_new_line(self) -> None:
        self.insert("\n")

    def update_suggestion(self) -> None:
        """What would complete the word before the cursor, as a dim text behind it."""
        row, column = self.cursor_location
        line = self.document[row]
        behind = line[column : column + 1]
        found = [] if behind.strip() else self.completions(line[:column])
        self.suggestion = found[0] if found else ""

    def completions(self, before: str) -> list[str]:
        """The rest of every word that what stands before the cursor can become, best first."""
        match = _WORD.search(before)
        table, part = (match[1], match[2]) if match else (None, "")
        if not part and not table:
            return []
        named = self._named_tables()
        if table:
            name = named.get(table.lower(), table.lower())
            words = list(self.tables.get(name, ()))
        else:
            if _SOURCE.search(before):
                return self._rest(self.tables, part)
            named = named or {"events": "events"}
            inner = [column for name in named.values() for column in self.tables.get(name, ())]
            columns = [column for names in self.tables.values() for column in names]
            keywords = [word if part.isupper() else word.lower() for word in KEYWORDS]
            words = [*inner, *self.tables, *keywords, *columns]
        return self._rest(words, part)

    @staticmethod
    def _rest(words: Iterable[str], part: str) -> list[str]:
        """What is missing of the words that begin with `part`."""
        typed, length = part.lower(), len(part)
        found = (w[length:] for w in words if w.lower().startswith(typed) and len(w) > length)
        return list(dict.fromkeys(found))

    def _named_tables(self) -> dict[str, str]:
        """Alias or name -> name, of the tables that the statement reads."""
        found: dict[str, str] = {}
        for name, alias in _ALIAS.findall(self.text):
            if name.lower() in self.tables:
                found[name.lower()] = name.lower()
                if alias:
                    found[alias.lower()] = name.lower()
        return found
