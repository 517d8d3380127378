"""The hits of a search as a table, so that a screen can page, sort and filter them.

They lie in a database of their own, in memory, like what the rules find: the index of the case is
sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from queries.case import Case
from queries.catalogue import Statement
from queries.database import connect
from queries.index.rows import insert_rows
from queries.question import Order, Question
from queries.search import Hit

_TABLE = """
CREATE TABLE hits (
  hit INTEGER, event_time TIMESTAMP, event_name VARCHAR, principal VARCHAR, event_id VARCHAR,
  event_key BIGINT, file VARCHAR, file_id INTEGER, position BIGINT, excerpt VARCHAR,
  begins INTEGER, ends INTEGER
)
"""
_ALL = Statement(
    "hits",
    "SELECT hit, event_time, event_name, principal, event_id, event_key, file, file_id, position,"
    " excerpt, begins, ends FROM hits",
    "the records in which a text was found",
    frozenset(),
    ("hit",),
)


def listing() -> Question:
    """All hits, in the order in which they were found."""
    return Question(_ALL).with_order(Order("hit"))


class Hits:
    """What a search has found so far. Added to by one thread, asked by others."""

    def __init__(self) -> None:
        self._connection = connect(config={"threads": "1"})
        self._connection.execute(_TABLE)
        self.count = 0
        self.case = Case(self._connection, Path(":memory:"), {})
        """To be asked like the case itself."""

    def add(self, hits: Sequence[Hit]) -> None:
        """Append hits; positions of the text are those in the excerpt."""
        rows = [
            (
                self.count + number,
                hit.event_time,
                hit.event_name,
                hit.principal,
                hit.event_id,
                hit.event_key,
                hit.file,
                hit.file_id,
                hit.position,
                hit.excerpt,
                hit.start,
                hit.end,
            )
            for number, hit in enumerate(hits, 1)
        ]
        cursor = self._connection.cursor()
        try:
            insert_rows(cursor, "hits", rows)
        finally:
            cursor.close()
        self.count += len(rows)

    def close(self) -> None:
        self._connection.close()
