"""What an engine is to the rest of the program.

An engine answers the same SQL files as the index of a case does, over a folder that `convert` wrote
(docs/parquet.md). It is asked in the text of the files, `$name` for each parameter, and spells that
as its own dialect wants: the markers of parameters and the names of types, nothing else.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from queries.case import Rows
from queries.engines.extent import Extent
from queries.progress import CancelToken

PAGE = 10_000
"""Rows that are fetched at once where nobody says otherwise."""


class Engine(Protocol):
    """Answers statements. Safe to ask from several threads."""

    name: str
    """As `--engine` says it."""
    extent: Extent
    """What it may read: a condition on the partitions of every relation."""

    def ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
    ) -> Rows:
        """All rows of one statement with bound parameters. Raises `Cancelled` when it was stopped,
        `InvestigationError` when the engine fails, in one sentence."""
        ...

    def pages(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        cancel: CancelToken | None = None,
        size: int = PAGE,
    ) -> Iterator[Rows]:
        """The same a page at a time, at least one page; fetched as they are taken."""
        ...

    @property
    def doing(self) -> str:
        """How far what runs now has come, in a few words; empty when nothing runs or nothing is
        known. Read by another thread."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class Stop:
    """A running statement for a `CancelToken`: stopped once, and not by the thread that asks for
    it, because another machine has to be told."""

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop = stop
        self._lock = threading.Lock()
        self._asked = False

    def interrupt(self) -> None:
        """Ask the engine to stop. Does not wait for it."""
        with self._lock:
            if self._asked:
                return
            self._asked = True
        threading.Thread(target=self._stop, name="stop query", daemon=True).start()


class Doing:
    """What runs on an engine, in words; several statements may run at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[object, str] = {}

    def say(self, statement: object, words: str) -> None:
        """How far a statement has come."""
        with self._lock:
            self._said[statement] = words

    def over(self, statement: object) -> None:
        """A statement has ended."""
        with self._lock:
            self._said.pop(statement, None)

    @property
    def words(self) -> str:
        """What the statement says that began first."""
        with self._lock:
            return next(iter(self._said.values()), "")


_TOKEN = re.compile(
    r"""
    '(?:[^']|'')*'          # a text
    | "(?:[^"]|"")*"        # a name
    | --[^\n]*              # a comment
    | \$(?P<parameter>[a-z_]+)
    | (?P<word>\b[A-Za-z_]+\b)
    """,
    re.VERBOSE,
)


def spelled(
    sql: str, *, marker: Callable[[str], str], words: Mapping[str, str] | None = None
) -> str:
    """A statement with its parameters, its type for text and the like as a dialect writes them.

    Texts, quoted names and comments stay as they are. `marker` is asked for each parameter in the
    order of the text, so that it can count them; `words` says what a word is called there.
    """
    called = words or {}

    def replaced(found: re.Match[str]) -> str:
        if found["parameter"]:
            return marker(found["parameter"])
        return called.get(found[0], found[0]) if found["word"] else found[0]

    return _TOKEN.sub(replaced, sql)


_LISTED = re.compile(r"\(SELECT unnest\(\$([a-z_]+)::[A-Z]+\[\]\)\)")


def without_lists(sql: str, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A statement whose lists (`IN (SELECT unnest($keys::BIGINT[]))`, as DuckDB takes them) are
    written as one parameter for each value: other engines bind no lists."""
    bound = dict(parameters)

    def replaced(found: re.Match[str]) -> str:
        values = bound.pop(found[1], None) or [None]
        names = [f"{found[1]}_{_letters(number)}" for number in range(len(values))]
        more.update(zip(names, values, strict=True))
        return f"({', '.join(f'${name}' for name in names)})"

    more: dict[str, Any] = {}
    text = _LISTED.sub(replaced, sql)
    return text, {**bound, **more}


def _letters(number: int) -> str:
    """A number in letters, which is what names of parameters are made of."""
    word = ""
    while True:
        number, digit = divmod(number, 26)
        word += chr(ord("a") + digit)
        if not number:
            return word


def relations_in(sql: str, known: frozenset[str]) -> set[str]:
    """Which of the known relations a statement may read: their names stand in it somewhere."""
    return set(known).intersection(re.findall(r"\b[a-z_]+\b", sql))
