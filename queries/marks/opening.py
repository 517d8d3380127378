"""The marks of a case that is being opened, and what of its evidence is not here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from queries.index_file import open_sealed, path_of
from queries.marks.keeper import Marks
from queries.marks.store import (
    entries_in,
    journal_beside,
    journal_of_evidence,
    write_tables,
)
from queries.naming import some

if TYPE_CHECKING:
    from queries.case import Case
    from queries.evidence_asked import Evidence

_MOST_LOOKED_AT = 20_000


def marks_of_case_file(
    connection: duckdb.DuckDBPyConnection, path: Path, evidence: Evidence | None = None
) -> Marks:
    """The marks in a case file, with those of the same evidence that were made without one."""
    elsewhere = journal_of_evidence(evidence.asked()) if evidence is not None else None
    return Marks(journal_beside(path), path, entries_in(connection), elsewhere)


def marks_of_evidence(evidence: Evidence) -> Marks:
    """The marks of evidence whose index is in the cache, or nowhere."""
    if evidence.spooled:
        return Marks(why_not="standard input ends with the program: marks are kept with --case")
    if not evidence.use_cache:
        return Marks(why_not="--no-cache keeps nothing: marks end with the program")
    return Marks(journal_of_evidence(evidence.asked()))


def carry_marks(case_file: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the marks of a case file that is about to be replaced into the new one."""
    try:
        with open_sealed(case_file)[0] as before:
            entries = entries_in(before)
    except Exception:  # it was no case file, or none that can be read
        return
    if entries:
        write_tables(connection, entries)


@dataclass(frozen=True, slots=True)
class Absent:
    """Files of the evidence that are not where they were read."""

    gone: int
    files: int
    example: str

    @property
    def words(self) -> str:
        """One sentence, or nothing when all is there."""
        if not self.gone:
            return ""
        which = (
            "the evidence is"
            if self.gone >= self.files
            else some(self.gone, "file is", "files are")
        )
        return (
            f"{which} not where it was read ({self.example}): raw records can be shown only of what"
            " is marked; everything else works from the case"
        )


def absent_evidence(case: Case) -> Absent:
    """Which files are not where they were read (objects of a bucket: not in the cache)."""
    rows = case.ask(
        "SELECT DISTINCT path FROM files WHERE path IS NOT NULL AND path <> ''"
        " AND status <> 'skipped' ORDER BY path LIMIT $most",
        {"most": _MOST_LOOKED_AT},
    ).rows
    local = [str(row[0]) for row in rows]
    gone = [path for path in local if not path_of(path).exists()]
    return Absent(len(gone), len(local), gone[0] if gone else "")
