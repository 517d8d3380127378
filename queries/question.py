"""A question: a statement of the catalogue with its parameters, a filter, an order, a page.

Values are always bound. `pasteable` writes them as literals for a person who wants to run the
same statement in the duckdb shell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from queries.catalogue import Statement, names, statement
from queries.shortened import shortened

_PARAMETER = re.compile(r"\$([a-z_]+)")
_BY_HOURS = re.compile(r"\bFROM hours\b")
_OF_EVENTS = re.compile(r"\n  FROM events AS e\n  WHERE(\n.*)", re.DOTALL)
_IN_A_LIST = re.compile(r"\bIN \(\s*SELECT\b")
_PAGE_HERE = re.compile(r"^ *-- a page, unless by: ([a-z_, ]+)\n", re.MULTILINE)
"""Where a statement can be cut to a page before it joins what every row has at most one of, unless
one of these columns decides what comes into the page."""


@dataclass(frozen=True)
class Order:
    """Sort by one column; the statement's key makes the order total."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class Question:
    """An immutable question; the `with_` methods return changed copies."""

    statement: Statement
    parameters: Mapping[str, Any] = field(default_factory=dict)
    needle: str = ""
    """Text that must occur in one of `searched`, upper and lower case alike."""
    searched: tuple[str, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0

    def with_order(self, *order: Order) -> Question:
        return replace(self, order=order)

    def with_needle(self, needle: str, searched: Sequence[str]) -> Question:
        return replace(self, needle=needle, searched=tuple(searched))

    def with_page(self, limit: int | None, offset: int = 0) -> Question:
        return replace(self, limit=limit, offset=offset)

    def with_parameters(self, **changes: Any) -> Question:
        return replace(self, parameters={**self.parameters, **changes})

    @property
    def bound(self) -> dict[str, Any]:
        """Every parameter that the statement still has (NULL where not given), and the needle."""
        if (newest := self._newest) is not None:
            return newest.bound
        values: dict[str, Any] = {
            name: self.parameters.get(name) for name in _PARAMETER.findall(self._statement)
        }
        if self.needle:
            values["needle"] = self.needle
        return values

    @property
    def _statement(self) -> str:
        return shortened(self.statement.sql, self.parameters)

    @property
    def sql(self) -> str:
        """The statement with filter, order and page around it."""
        if (newest := self._newest) is not None:
            return newest.sql
        text = self._statement
        condition, order = self._condition("WHERE"), self._order_by()
        if (here := self._page_here(text)) is not None:
            page = self._condition("AND") + order + self._limit()
            before = self._by_keys(text[: here.start()].rstrip() + page)
            text = f"{before}\n{text[here.end() :]}"
            return f"SELECT * FROM (\n{text}\n) AS answer{order}"  # noqa: S608
        text = _PAGE_HERE.sub("", text)
        if condition or self.order or self.limit is not None:
            text = f"SELECT * FROM (\n{text}\n) AS answer{condition}{order}"  # noqa: S608
        return text + self._limit()

    @property
    def _newest(self) -> Question | None:
        """For a page of the newest rows, the question that has to look at fewer events for them:
        where there is one, and it can tell by what is counted by the hour which these are."""
        first = self.order[:1] == (Order("event_time", descending=True),)
        name = f"{self.statement.name}_newest"
        if not first or self.limit is None or self.needle or name not in names():
            return None
        rows = {**self.parameters, "rows": self.offset + self.limit}
        found = replace(self, statement=statement(name), parameters=rows)
        return found if _BY_HOURS.search(found._statement) else None

    def _page_here(self, text: str) -> re.Match[str] | None:
        """Where in the statement the page can be cut; None: around it."""
        if self.limit is None or (here := _PAGE_HERE.search(text)) is None:
            return None
        deciding = {*self.searched, *(part.column for part in self.order)}
        return here if deciding.isdisjoint(here[1].split(", ")) else None

    def _by_keys(self, text: str) -> str:
        """A statement that ends with a page. Where the condition looks into a list, DuckDB reads
        every column of all events before it cuts the page: so the keys of the page come first, and
        then the rows of these. In the order of time most events are skipped as it is."""
        found = _OF_EVENTS.search(text)
        by_time = self.order[:1] in ((), (Order("event_time"),))
        if by_time or found is None or _IN_A_LIST.search(found[1]) is None:
            return text
        keys = f"  SELECT e.event_key\n  FROM events AS e\n  WHERE{found[1]}"  # noqa: S608
        return f"{text[: found.start(1)]}\n  e.event_key IN (\n{keys}\n  )"

    @property
    def count_sql(self) -> str:
        """How many rows the question has in all, whatever the page: the answer of the statement
        that counts for this one, where there is one."""
        if not self.needle and (counting := f"{self.statement.name}_count") in names():
            return shortened(statement(counting).sql, self.parameters)
        return f"SELECT count(*) FROM (\n{self._statement}\n) AS answer{self._condition('WHERE')}"  # noqa: S608

    def rank_sql(self, column: str) -> str:
        """How many rows come before one with `$rank_value` in `column` and `$rank_key` as key,
        when the rows are sorted by that column, ascending."""
        name, key = _identifier(column), _identifier(self.statement.key[0])
        rows = f"SELECT * FROM (\n{self._statement}\n) AS answer{self._condition('WHERE')}"  # noqa: S608
        return (
            f"SELECT count(*) FROM ({rows}) AS before WHERE {name} < $rank_value"  # noqa: S608
            f" OR ({name} = $rank_value AND {key} < $rank_key)"
        )

    def pasteable(self) -> str:
        """The statement with values written out, ready for the duckdb shell."""
        bound = self.bound
        text = _PARAMETER.sub(
            lambda match: literal(bound[match.group(1)]) if match.group(1) in bound else match[0],
            self.sql,
        )
        return f"-- {self.statement.name}: {self.statement.answers}\n{text};\n"

    def _condition(self, word: str) -> str:
        if not self.needle:
            return ""
        tests = " OR ".join(
            f"position(lower($needle) IN lower(CAST({_identifier(column)} AS VARCHAR))) > 0"
            for column in self.searched
        )
        return f"\nWHERE {tests}" if word == "WHERE" else f"\n{word} ({tests})"

    def _limit(self) -> str:
        if self.limit is None:
            return ""
        offset = f" OFFSET {int(self.offset)}" if self.offset else ""
        return f"\nLIMIT {int(self.limit)}{offset}"

    def _order_by(self) -> str:
        order = [
            f"{_identifier(part.column)} {'DESC' if part.descending else 'ASC'} NULLS LAST"
            for part in self.order
        ]
        named = {part.column for part in self.order}
        order += [_identifier(key) for key in self.statement.key if key not in named]
        return f"\nORDER BY {', '.join(order)}" if order else ""


def ask_for(name: str, /, **parameters: Any) -> Question:
    """The question `name` of the catalogue. Raises ValueError for a parameter it does not have."""
    found = statement(name)
    unknown = set(parameters) - found.parameters
    if unknown:
        raise ValueError(f"{name} has no parameter {', '.join(sorted(unknown))}")
    return Question(found, parameters)


def literal(value: object) -> str:
    """A value as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    text = str(value)
    if text.isprintable():
        return _quoted(text)
    # What a terminal obeys, or what cannot be seen, is written by its number.
    parts = [
        _quoted("".join(run)) if printable else " || ".join(f"chr({ord(c)})" for c in run)
        for printable, run in groupby(text, key=str.isprintable)
    ]
    return "(" + " || ".join(parts) + ")"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
