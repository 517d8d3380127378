"""The subcommand `convert`: the events as Parquet for other engines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from queries.errors import WrongUsage

if TYPE_CHECKING:
    from queries.case import Case


def convert_options(parser: argparse.ArgumentParser) -> None:
    from tui.remote import add_selection_options

    add_selection_options(parser)
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="how to say what was done"
    )


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
        done = converted(case, Path(options.folder), progress, cancel)
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
