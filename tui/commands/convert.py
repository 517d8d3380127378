"""The subcommand `convert`: the events as Parquet for other engines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from queries.errors import WrongUsage

if TYPE_CHECKING:
    from queries.case import Case
    from queries.convert import Converted
    from queries.engines.opening import Choice


def convert_options(parser: argparse.ArgumentParser) -> None:
    from tui.remote import add_selection_options

    add_selection_options(parser)
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="how to say what was done"
    )


def by_spark(options: argparse.Namespace) -> tuple[int, bool] | None:
    """A trail by Spark: the exit code, and whether the evidence is complete. None where another
    engine is asked for, or none."""
    from queries.engines.opening import SPARK
    from queries.errors import Cancelled
    from queries.progress import CancelToken, Progress
    from queries.trail.converting import convert_by_workers
    from tui.commands.engine import choice_of
    from tui.commands.opening import cancelled_by_interrupt, note, reading_shown

    if options.engine != SPARK or (choice := choice_of(options)) is None:
        return None
    progress, cancel = Progress(), CancelToken()
    try:
        with reading_shown(options, progress), cancelled_by_interrupt(cancel):
            made = convert_by_workers(choice, options.folder, progress, cancel)
    except Cancelled:
        note("stopped: the folder is what it was, or the next run finishes it")
        raise KeyboardInterrupt from None
    if made is None:
        note(
            f"Spark's workers do not write {options.folder}: the server does not see it, or it was"
            " converted without Spark; its rows come here, and this machine writes them"
        )
        with opened_trail(choice, options) as case:
            return convert(case, options), bool(case.totals["evidence_complete"])
    _say_known(made.known, options.folder)
    if made.read_here:
        note(_read_here(made.read_here, made.read))
    for line in made.totals.get("notes", ()):
        note(line)
    _say_done(made.done, options)
    return 0, bool(made.totals.get("evidence_complete", True))


def opened_trail(choice: Choice, options: argparse.Namespace) -> Case:
    """A trail that Spark reads, as a case of what the folder does not have yet."""
    from queries.errors import Cancelled
    from queries.progress import CancelToken, Progress
    from queries.trail.converting import new_of_trail
    from tui.commands.opening import cancelled_by_interrupt, note, reading_shown

    destination = Path(options.folder)
    progress, cancel = Progress(), CancelToken()
    try:
        with reading_shown(options, progress), cancelled_by_interrupt(cancel):
            case, known = new_of_trail(choice, destination, progress, cancel)
    except Cancelled:
        raise KeyboardInterrupt from None
    _say_known(known, options.folder)
    if said := read_here(case):
        note(said)
    for line in case.totals["notes"]:
        note(line)
    return case


def _say_known(files: int, folder: str) -> None:
    from queries.naming import some
    from tui.commands.opening import note

    if files:
        is_there = some(files, "file is", "files are")
        note(f"{is_there} in {folder} already, and not read again")


def read_here(case: Case) -> str:
    """How many files Spark did not do justice, so that they were fetched and read here."""
    [(careful, files)] = case.ask(
        "SELECT count(*) FILTER (lane = 'careful'), count(*) FROM files WHERE status <> 'skipped'"
    ).rows
    if not careful:
        return ""
    return _read_here(careful, files)


def _read_here(careful: int, files: int) -> str:
    return f"{careful} of {files} files were read here and not by Spark: damaged, or unusual inside"


def folder_of(options: argparse.Namespace) -> Path:
    """Where it is written. Raises `WrongUsage` for a place elsewhere."""
    if "://" in options.folder:
        raise WrongUsage(
            f"{options.folder}: without --engine spark, 'convert' writes into a folder of this"
            " machine; copy it from there"
        )
    return Path(options.folder)


def convert(case: Case, options: argparse.Namespace) -> int:
    """Write the partitions, and say how many and what came in."""
    from queries.convert import convert as converted
    from queries.engines.case import EngineCase
    from queries.progress import CancelToken, Progress
    from tui.commands.opening import cancelled_by_interrupt, note, progress_shown

    if isinstance(case, EngineCase):
        raise WrongUsage(f"{case.path}: is converted already; 'convert' reads evidence")
    if options.case is not None and Path(options.folder) == options.case:
        raise WrongUsage(f"{options.folder}: is the case file; name a folder to write into")
    progress, cancel = Progress(), CancelToken()
    with progress_shown(progress), cancelled_by_interrupt(cancel):
        done = converted(case, folder_of(options), progress, cancel)
    if cancel.cancelled:
        note("stopped: what was written is whole, and the next run goes on from there")
        raise KeyboardInterrupt
    _say_done(done, options)
    return 0


def _say_done(done: Converted, options: argparse.Namespace) -> None:
    from dataclasses import asdict

    from queries.export import write_facts, write_json
    from tui.commands.output import opened_output

    found = {"folder": options.folder, **asdict(done)}
    options.output = None
    with opened_output(options) as out:
        if options.format == "json":
            write_json(found, out)
        else:
            write_facts([(name.replace("_", " "), value) for name, value in found.items()], out)
