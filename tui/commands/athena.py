"""Athena: the subcommand `athena-ddl`, and the options of `--engine athena`."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.errors import WrongUsage

if TYPE_CHECKING:
    from queries.engines.opening import Choice

DATABASE = "ecr_investigate"


def ddl_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=("converted", "trail"),
        help="converted: what 'convert' wrote, copied into a bucket; trail: as it is delivered",
    )
    parser.add_argument("location", metavar="S3", help="where it lies: s3://bucket/prefix/")
    parser.add_argument(
        "--since", metavar="DATE", required=True, help="the first day that can be asked about"
    )
    parser.add_argument("--until", metavar="DATE", help="the last one (default: every new day too)")
    parser.add_argument(
        "--region", metavar="NAMES", help="names between commas; without, questions must name it"
    )
    parser.add_argument(
        "--account", metavar="IDS", help="ids between commas; without, questions must name it"
    )
    parser.add_argument(
        "--organization", metavar="ID", help="the trail is an organisation's: its id, o-..."
    )
    parser.add_argument("--database", metavar="NAME", default=DATABASE, help=f"default: {DATABASE}")
    parser.add_argument("--output", "-o", type=Path, metavar="FILE", help="write to FILE")


def ddl(options: argparse.Namespace) -> int:
    """Print the statements, each with a semicolon: Athena takes one at a time."""
    from queries.athena.place import location, projection_of, table_name
    from queries.athena.tables import converted_tables
    from queries.athena.trail import trail_tables
    from tui.commands.output import opened_output

    first = _day(options.since, "--since")
    last = _day(options.until, "--until") if options.until else None
    projection = projection_of(first, last, options.account, options.region)
    database = table_name(options.database)
    if options.what == "trail":
        statements = trail_tables(database, options.location, projection, options.organization)
    elif options.organization:
        raise WrongUsage("--organization is for a trail")
    else:
        statements = converted_tables(database, location(options.location), projection)
    with opened_output(options) as out:
        out.write("".join(f"{statement};\n\n" for statement in statements).rstrip("\n") + "\n")
    return 0


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"{option} {text}: is no date such as 2026-03-01") from None


# --- --engine athena -----------------------------------------------------------------------------

_OPTIONS = (
    ("--athena-work-group", "NAME", "work group of Athena (default: primary)"),
    ("--athena-output", "S3", "where Athena writes answers (default: the work group's place)"),
    ("--athena-region", "NAME", "region of Athena (default: that of the profile)"),
    ("--athena-limit", "SIZE", "stop a statement that has read so much (default: 10GB)"),
    ("--athena-price", "DOLLARS", "for a terabyte read (default: 5)"),
)
WITH_VALUE = tuple(flag for flag, _, _ in _OPTIONS)


def add_athena_options(group: Any, *, top: bool) -> None:
    """How Athena is asked, and what that may cost."""
    unset: Any = None if top else argparse.SUPPRESS
    for flag, metavar, said in _OPTIONS:
        group.add_argument(flag, metavar=metavar, default=unset, help=said)
    group.add_argument(
        "--athena-yes",
        action="store_true",
        default=False if top else argparse.SUPPRESS,
        help="ask Athena without asking here first",
    )


def engine_of(paths: list[str]) -> str | None:
    """Whether a path names Athena's engine without `--engine`."""
    from queries.engines.opening import ATHENA, IN_ATHENA

    return ATHENA if paths and paths[0].startswith(IN_ATHENA) else None


def refuse_options(options: argparse.Namespace) -> None:
    """Raises `WrongUsage` for an option that is Athena's alone."""
    for flag in (*WITH_VALUE, "--athena-yes"):
        if getattr(options, flag[2:].replace("-", "_"), None):
            raise WrongUsage(f"{flag} is for --engine athena")


def settings_of(options: argparse.Namespace, path: str) -> dict[str, Any]:
    """What the options say about Athena. Raises `WrongUsage`."""
    from queries.athena.cost import LIMIT, PRICE, Budget, parse_limit, parse_price
    from queries.engines.athena import AthenaOptions
    from queries.engines.opening import IN_ATHENA

    if not path.startswith(IN_ATHENA):
        raise WrongUsage(f"{path}: Athena answers from tables: give athena://DATABASE")
    budget = Budget(
        parse_limit(options.athena_limit) if options.athena_limit else LIMIT,
        parse_price(options.athena_price) if options.athena_price else PRICE,
    )
    asked = AthenaOptions(
        path.removeprefix(IN_ATHENA).strip("/"),
        options.athena_work_group or "primary",
        options.athena_output,
        budget,
        options.profile,
        options.athena_region,
    )
    return {"options": asked, "yes": options.athena_yes or getattr(options, "yes", False)}


def agree(choice: Choice | None) -> None:
    """Sign in to Athena, say what a question may cost, and ask whether to go on; nothing for
    another engine. Raises `WrongUsage` where nobody can be asked, `KeyboardInterrupt` for a no.

    To be called before the interface has the terminal: an MFA code may be asked for.
    """
    from queries.engines.opening import ATHENA
    from tui.commands.opening import note

    if choice is None or choice.engine != ATHENA:
        return
    from queries.engines.athena import AthenaEngine

    engine = AthenaEngine(choice.settings["options"], choice.extent)
    note(engine.terms)
    if not choice.settings["yes"]:
        if not sys.stdin.isatty() or not sys.stderr.isatty():
            raise WrongUsage("Athena is paid for what it reads: add --athena-yes to go on")
        print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise KeyboardInterrupt
    choice.settings["ready"] = engine


def say_bill(engine: object) -> None:
    """What Athena read and cost, on standard error; nothing for another engine."""
    from tui.commands.opening import note

    if bill := getattr(engine, "bill", ""):
        note(f"Athena: {bill}")
