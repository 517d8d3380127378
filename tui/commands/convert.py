"""The subcommand `convert`: the events as Parquet for other engines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from queries.errors import WrongUsage

if TYPE_CHECKING:
    from queries.case import Case
    from queries.engines.opening import Choice


def convert_options(parser: argparse.ArgumentParser) -> None:
    from tui.remote import add_selection_options

    add_selection_options(parser)
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="how to say what was done"
    )


def opened_trail(choice: Choice, options: argparse.Namespace) -> Case:
    """A trail that Spark reads, as a case of what the folder does not have yet."""
    from queries.errors import Cancelled
    from queries.progress import CancelToken, Progress
    from queries.trail.converting import new_of_trail
    from tui.commands.opening import cancelled_by_interrupt, note, reading_shown

    destination = folder_of(options)
    progress, cancel = Progress(), CancelToken()
    try:
        with reading_shown(options, progress), cancelled_by_interrupt(cancel):
            case, known = new_of_trail(choice, destination, progress, cancel)
    except Cancelled:
        raise KeyboardInterrupt from None
    if known:
        note(f"{known} files are in {destination} already, and were not read again")
    if said := read_here(case):
        note(said)
    for line in case.totals["notes"]:
        note(line)
    return case


def read_here(case: Case) -> str:
    """How many files Spark did not do justice, so that they were fetched and read here."""
    [(careful, files)] = case.ask(
        "SELECT count(*) FILTER (lane = 'careful'), count(*) FROM files WHERE status <> 'skipped'"
    ).rows
    if not careful:
        return ""
    return f"{careful} of {files} files were read here and not by Spark: damaged, or unusual inside"


def folder_of(options: argparse.Namespace) -> Path:
    """Where it is written. Raises `WrongUsage` for a place elsewhere."""
    if "://" in options.folder:
        raise WrongUsage(
            f"{options.folder}: 'convert' writes into a folder of this machine; copy it from there"
        )
    return Path(options.folder)


def convert(case: Case, options: argparse.Namespace) -> int:
    """Write the partitions, and say how many and what came in."""
    from dataclasses import asdict

    from queries.convert import convert as converted
    from queries.engines.case import EngineCase
    from queries.export import write_facts, write_json
    from queries.progress import CancelToken, Progress
    from tui.commands.opening import cancelled_by_interrupt, note, progress_shown
    from tui.commands.output import opened_output

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
    found = {"folder": options.folder, **asdict(done)}
    options.output = None
    with opened_output(options) as out:
        if options.format == "json":
            write_json(found, out)
        else:
            write_facts([(name.replace("_", " "), value) for name, value in found.items()], out)
    return 0
