"""`--engine`: questions over a converted folder, answered by DuckDB here or by another engine."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from queries.errors import WrongUsage
from tui.commands import athena

if TYPE_CHECKING:
    from queries.case import Case
    from queries.engines.opening import Choice

WITH_VALUE = ("--engine", "--spark", *athena.WITH_VALUE)
"""Options here that a value follows: the command line must not take it for a path."""
_SHOWN = 0.3
_NOT_WITH = ("case", "no_cache", "follow", "list")


def add_engine_options(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """Which engine answers; shared by the interface and every command."""
    unset: Any = None if top else argparse.SUPPRESS
    group = parser.add_argument_group("a folder that 'convert' wrote, or with spark a trail")
    group.add_argument(
        "--engine",
        choices=("duckdb", "spark", "athena"),
        default=unset,
        help="who answers: DuckDB here (default), Spark, or Athena (its path is athena://DATABASE);"
        " with --account, --since and --until for what it may read",
    )
    group.add_argument(
        "--spark",
        metavar="ADDRESS",
        default=unset,
        help="sc://host:port of a Spark Connect server (default: SPARK_REMOTE), or local[2]",
    )
    athena.add_athena_options(group, top=top)


def add_extent_options(parser: argparse.ArgumentParser) -> None:
    """What an engine may read, for commands that have no such filters of their own."""
    group = parser.add_argument_group("what an engine may read (--engine)")
    for flag, metavar, said in (
        ("--since", "TIME", "from this day on (UTC)"),
        ("--until", "TIME", "before this time"),
        ("--account", "ID", "account id, several between commas, or all"),
        ("--region", "NAME", "region, several between commas, or all"),
    ):
        group.add_argument(flag, metavar=metavar, help=said)


def choice_of(options: argparse.Namespace) -> Choice | None:
    """The folder and the engine that are asked for; None when evidence is to be read.

    Raises `WrongUsage` for options that do not go together. Where several accounts or regions are
    named they narrow what is read, and no filter of the command is left.
    """
    from queries.engines.extent import extent_of, needed
    from queries.engines.opening import ATHENA, DUCKDB, ELSEWHERE, SPARK, Choice, is_converted
    from tui.remote import moment

    paths = list(getattr(options, "paths", []))
    engine = options.engine or athena.engine_of(paths)
    if engine != ATHENA:
        athena.refuse_options(options)
    if engine is None:
        if options.spark:
            raise WrongUsage("--spark is for --engine spark")
        if len(paths) != 1 or options.demo or not is_converted(paths[0]):
            if not _is_a_filter(options) and (named := _extent_named(options)):
                raise WrongUsage(f"{named} says what an engine may read: give --engine as well")
            return None
        engine = DUCKDB
    if options.demo or len(paths) != 1:
        raise WrongUsage(
            "--engine reads one folder that 'convert' wrote, or with spark one trail: name that"
        )
    for name in _NOT_WITH:
        if getattr(options, name, None):
            raise WrongUsage(f"--{name.replace('_', '-')} is not for a converted folder")
    settings: dict[str, Any] = {}
    if engine == SPARK:
        settings["address"] = options.spark or os.environ.get("SPARK_REMOTE", "")
        if not settings["address"]:
            raise WrongUsage("--engine spark needs --spark sc://host:port, or SPARK_REMOTE")
    elif options.spark:
        raise WrongUsage("--spark is for --engine spark")
    if engine in ELSEWHERE or not _is_a_span(options):
        since, until = (moment(options, name) for name in ("since", "until"))
    else:
        since = until = None  # counted back from the last event, by the command
    account, region = (getattr(options, name, None) for name in ("account", "region"))
    extent = extent_of(account, region, since, until)
    if engine in ELSEWHERE:
        needed(engine, account, since, until)
    for name, values in (("account", extent.accounts), ("region", extent.regions)):
        if len(values) != 1 and getattr(options, name, None):
            setattr(options, name, None)
    if engine == ATHENA:
        settings = athena.settings_of(options, paths[0])
    return Choice(engine, paths[0], extent, settings)


def first_place(choice: Choice | None) -> str:
    """The first screen where nobody chose one: rules want events here that an engine elsewhere
    would have to send."""
    from queries.engines.opening import ELSEWHERE

    return "repositories" if choice is not None and choice.engine in ELSEWHERE else "findings"


def opened_by_engine(choice: Choice, *, whole: bool = True) -> Case:
    """The case, with its progress on the terminal's standard error while it is asked; `whole`: see
    `open_engine_case`."""
    from queries.engines.case import EngineCase
    from queries.engines.opening import open_engine_case
    from tui.commands.opening import note

    athena.agree(choice)
    case = open_engine_case(choice, whole=whole)
    if isinstance(case, EngineCase):
        case.at_end = lambda: athena.say_bill(case.engine)
        if sys.stderr.isatty():
            case.around = lambda: _shown(case)
    for line in case.totals["notes"]:
        note(line)
    return case


@contextmanager
def _shown(case: Any) -> Iterator[None]:
    """A line that says how far the engine is, rewritten in place."""
    over = threading.Event()

    def report() -> None:
        said = ""
        while not over.wait(_SHOWN):
            if words := case.engine.doing:
                said = words
                print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
        if said:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        over.set()
        reporter.join()


def _extent_named(options: argparse.Namespace) -> str:
    named = ("since", "until", "account", "region")
    return next((f"--{name}" for name in named if getattr(options, name, None)), "")


def _is_a_span(options: argparse.Namespace) -> bool:
    """Whether --since or --until is a span of time (36h) and no moment."""
    given = (getattr(options, name, None) or "" for name in ("since", "until"))
    return any(text[:-1].isdecimal() and text[-1:].isalpha() for text in given)


def _is_a_filter(options: argparse.Namespace) -> bool:
    """Whether --since and its like mean something without an engine."""
    return not getattr(options, "extent_only", False)
