"""`convert --engine spark`: by Spark's workers where they see the folder, else with rows that come
here."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from queries.case import Case
from queries.convert import LOCK, alone
from queries.converted.layout import (
    SCHEMA_FILE,
    as_literal,
    check_schema,
    has_files,
    is_of_workers,
    keep_schema,
    whole_files,
)
from queries.database import connect
from queries.engines.opening import Choice
from queries.engines.spark_sentences import PartsLost
from queries.engines.spark_session import SparkSession, as_spark_path
from queries.errors import InvestigationError, WrongUsage
from queries.progress import CancelToken, Progress
from queries.trail.conversion import Conversion
from queries.trail.destination import PENDING, Destination
from queries.trail.index import index_of_trail
from queries.trail.reading import File, SparkTrail

_TRIES = 3
Known = tuple[str, int, datetime | None]


def convert_by_workers(
    choice: Choice, folder: str, progress: Progress, cancel: CancelToken
) -> Conversion | None:
    """Have Spark's workers convert what a folder does not have yet of a trail, within the extent.
    Files are read whole, also what is outside of the extent in them. None, and nothing done, where
    they cannot: the server does not see the folder, or somebody else writes it (`new_of_trail`).

    Raises `WrongUsage`, `InvestigationError`, and `Cancelled` when it was stopped.
    """
    _check_place(choice.folder, folder)
    elsewhere = "://" in folder
    if not elsewhere and Path(folder, SCHEMA_FILE).exists():
        check_schema(Path(folder))
        if not is_of_workers(Path(folder)):
            return None
    progress.stage = "listing"
    session = SparkSession(choice.settings["address"])
    try:
        trail = SparkTrail(session, choice.folder, choice.extent, cancel, digests=True)
        if elsewhere:
            return _converted(trail, folder, progress, cancel)
        with _written_here(Path(folder)) as place:
            if not _is_seen(session, place):
                return None
            keep_schema(place, by_workers=True)
            return _converted(trail, folder, progress, cancel)
    finally:
        session.close()


def _converted(
    trail: SparkTrail, folder: str, progress: Progress, cancel: CancelToken
) -> Conversion:
    """One conversion; from its beginning again where Spark has lost what it was to keep."""
    for _ in range(_TRIES - 1):
        try:
            return _run(trail, folder, progress, cancel)
        except PartsLost:
            progress.files_done = progress.bytes_done = progress.records = 0
    return _run(trail, folder, progress, cancel)


def _run(trail: SparkTrail, folder: str, progress: Progress, cancel: CancelToken) -> Conversion:
    destination = Destination(trail.session, folder, cancel)
    conversion = Conversion(trail.session, trail, destination, progress, cancel)
    conversion.run()
    return conversion


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
    if not has_files(destination, "files"):
        return set()
    with connect() as reader:
        rows = reader.execute(
            f"""
            SELECT name, size, date_trunc('second', modified)
            FROM read_parquet({as_literal(whole_files(destination, "files"))})
            WHERE status IN ('read', 'skipped')
            """  # noqa: S608 - a path, quoted
        ).fetchall()
    return set(rows)


def _identity(file: File) -> Known:
    return file.name, file.size, file.modified.replace(microsecond=0)


def _check_place(source: str, folder: str) -> None:
    """Evidence is never written into, and no stranger's folder is mixed with ours."""
    evidence, target = _in_full(source), _in_full(folder)
    if f"{evidence}/".startswith(f"{target}/") or f"{target}/".startswith(f"{evidence}/"):
        raise WrongUsage(f"{folder}: holds evidence, and evidence is never written into")
    if "://" in folder:
        return
    place = Path(folder)
    if place.is_file():
        raise WrongUsage(f"{folder}: is a file; name a folder")
    ours = (LOCK, PENDING)
    if (place / SCHEMA_FILE).exists() or not place.is_dir():
        return
    if any(entry.name not in ours for entry in place.iterdir()):
        raise WrongUsage(f"{folder}: is not empty and was not written by 'convert'")


def _in_full(place: str) -> str:
    if "://" in place:
        return place.rstrip("/").replace("s3n://", "s3a://").replace("s3://", "s3a://")
    return str(Path(place).expanduser().resolve())


@contextmanager
def _written_here(folder: Path) -> Iterator[Path]:
    """A folder of this machine that nobody else converts into."""
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            yield folder
    except OSError as error:
        raise InvestigationError(f"{folder}: cannot be written ({error})") from None
    finally:
        if is_new and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _is_seen(session: SparkSession, folder: Path) -> bool:
    """Whether the server has this folder, too, and not only one that is called the same."""
    probe = folder / f"_seen-{uuid.uuid4().hex}"
    probe.touch()
    try:
        return session.is_there(as_spark_path(str(probe)))
    finally:
        probe.unlink()
