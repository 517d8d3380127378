"""The ledger of a folder that Spark's workers write: a line for each file, which is kept here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from queries.converted.days import LEDGER_OF_FILES, NUMBERS_OF_FILES
from queries.errors import Cancelled
from queries.index.build import file_row
from queries.index.digests import check_digests
from queries.index.rows import insert_rows
from queries.progress import CancelToken
from queries.trail.destination import Destination
from queries.trail.index import Filling
from queries.trail.reading import File


class Ledger:
    """The ledger of the folder (`ledger`), to which the new files come (`case_index.files`), each
    with its number there (`numbers`)."""

    def __init__(self, here: duckdb.DuckDBPyConnection, destination: Destination) -> None:
        self._here = here
        self.has_new = False
        self.digests: dict[str, Any] = {}
        here.execute(
            "CREATE TABLE ledger AS SELECT * FROM files LIMIT 0;"
            "ATTACH ':memory:' AS case_index; CREATE TABLE case_index.files AS FROM ledger"
        )
        if destination.has("files"):
            here.register("said_before", destination.rows("files"))
            here.execute("INSERT INTO ledger BY NAME SELECT * FROM said_before")
            here.unregister("said_before")

    def without_known(self, files: Sequence[File]) -> list[File]:
        """The files that the folder does not have whole: by name, size and when changed. What was
        damaged or could not be read may be whole now."""
        known = set(self._here.execute(_WHOLE_FILES).fetchall())
        return [
            file
            for file in files
            if (file.name, file.size, file.modified.replace(microsecond=0)) not in known
        ]

    def number(self, filling: Filling, new: Sequence[File]) -> bool:
        """Give the files their numbers; returns whether some had one before."""
        # What they have in the folder is found by name and content, which are known by now.
        rows = []
        for number, file in enumerate(new):
            records = filling.ledger.get(number)[0].records
            rows.append(
                file_row(
                    number, filling.item(number, file), filling.ledger, (records, 0, None, None)
                )
            )
        insert_rows(self._here, "case_index.files", rows)
        self._here.execute(NUMBERS_OF_FILES)
        [(known, others)] = self._here.execute(
            "SELECT count(*) FILTER (known), count(*) FILTER (NOT known) FROM numbers"
        ).fetchall()
        self.has_new = bool(others)
        return bool(known)

    def complete(
        self,
        filling: Filling,
        new: Sequence[File],
        counts: dict[int, tuple[Any, ...]],
        cancel: CancelToken,
    ) -> bool:
        """Put the new files into the ledger, with how many events each has, by its number, and what
        digests say of it; returns whether some were in it before."""
        here = self._here
        numbers = dict(here.execute("SELECT case_number, number FROM numbers").fetchall())
        before = {row[0]: row[1:] for row in here.execute(_COUNTED_BEFORE).fetchall()}
        here.execute("TRUNCATE files")
        insert_rows(here, "files", (
            file_row(
                number,
                filling.item(number, file),
                filling.ledger,
                before.get(numbers[number]) or counts.get(numbers[number]) or (0, 0, None, None),
            )
            for number, file in enumerate(new)
        ))  # fmt: skip
        check = check_digests(here, lambda number: filling.item(number, new[number]), cancel)
        if cancel.cancelled:
            raise Cancelled("stopped")
        self.digests = {
            "read": check.digests,
            **{name: getattr(check, name) for name in _OF_DIGESTS},
        }
        filling.name_places(here)
        here.execute("TRUNCATE case_index.files; INSERT INTO case_index.files SELECT * FROM files")
        here.execute(LEDGER_OF_FILES)
        return bool(before)


_WHOLE_FILES = """
SELECT name, size, date_trunc('second', modified) FROM ledger WHERE status IN ('read', 'skipped')
"""
_COUNTED_BEFORE = """
SELECT l.file_id, l.events, l.copies, l.first_event, l.last_event
FROM ledger AS l JOIN numbers AS n ON n.number = l.file_id AND n.known
"""
_OF_DIGESTS = ("verified", "altered", "missing", "unlisted", "not_compared", "breaks")
