"""Marks as tables, so that a screen or a command can page, sort and filter them."""

from __future__ import annotations

import threading
from pathlib import Path

from queries.case import Case
from queries.database import connect
from queries.marks.keeper import Marks
from queries.marks.store import write_tables


class MarkTables:
    """A small database in memory with the tables `marks` and `mark_records`, made anew when a mark
    has changed: the case itself is sealed while it is open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = -1
        self._of: Marks | None = None
        self._connection = connect(config={"threads": "1"})
        self.case = Case(self._connection, Path(":memory:"), {})

    def of(self, marks: Marks) -> Case:
        """The marks as they are now, to be asked like a case (`marks/listing`)."""
        with self._lock:
            if self._of is not marks or self._version != marks.version:
                self._version, self._of = marks.version, marks
                cursor = self._connection.cursor()
                write_tables(cursor, marks.entries, marks.places)
                cursor.close()
        return self.case

    def close(self) -> None:
        self._connection.close()
