"""The subcommand `athena-ddl`: the statements that make evidence known to Athena."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from queries.errors import WrongUsage

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
