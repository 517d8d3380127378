"""What of a trail a converted folder does not have yet, read by Spark."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from queries.case import Case
from queries.converted.layout import (
    SCHEMA_FILE,
    as_literal,
    check_schema,
    pattern,
    whole_file,
)
from queries.database import connect
from queries.engines.opening import Choice
from queries.engines.spark_session import SparkSession
from queries.progress import CancelToken, Progress
from queries.trail.index import index_of_trail
from queries.trail.reading import File, SparkTrail

Known = tuple[str, int, datetime | None]


def new_of_trail(
    choice: Choice, destination: Path, progress: Progress, cancel: CancelToken
) -> tuple[Case, int]:
    """A case of the files of a trail, within the extent, that are not in a folder of `convert` yet,
    and how many are. Files are read whole, also what is outside of the extent in them.

    Raises `WrongUsage`, `InvestigationError`, and `Cancelled` when it was stopped.
    """
    known = files_in(destination)
    progress.stage = "listing"
    session = SparkSession(choice.settings["address"])
    try:
        trail = SparkTrail(session, choice.folder, choice.extent, cancel, digests=True)
        new = [file for file in trail.files if _identity(file) not in known]
        case = index_of_trail(trail, new, progress, cancel)
    finally:
        session.close()
    return case, len(trail.files) - len(new)


def files_in(destination: Path) -> set[Known]:
    """The files of evidence that a converted folder has whole: name, size, and when changed.

    What was damaged or could not be read is not among them: it may be whole the next time.
    """
    if not (destination / SCHEMA_FILE).exists():
        return set()
    check_schema(destination)
    kept = whole_file(destination, "files")
    if not kept.exists():
        return set()
    with connect() as reader:
        rows = reader.execute(
            f"""
            SELECT name, size, date_trunc('second', modified)
            FROM read_parquet({as_literal(pattern(kept))})
            WHERE status IN ('read', 'skipped')
            """  # noqa: S608 - a path, quoted
        ).fetchall()
    return set(rows)


def _identity(file: File) -> Known:
    return file.name, file.size, file.modified.replace(microsecond=0)
