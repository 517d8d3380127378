"""The subcommand `sql`: a statement of one's own over the case, read-only."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queries.case import Case


def sql_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import output_options

    output_options(parser)
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def sql(case: Case, options: argparse.Namespace) -> int:
    """Print the rows of a statement. `--sql` prints the statement as it would be run."""
    from queries.prompt import answer, checked, listing
    from tui.commands.enrichment import enrichment_of
    from tui.commands.output import new_file, print_question, print_rows

    statement = checked(options.query)
    if options.sql:
        return print_question(case, listing(statement), options)
    with_limit = statement if options.limit is None else _limited(statement, options)
    with answer(case, with_limit) as found:
        if options.format == "parquet":
            found.write_parquet(new_file(options), enrichment_of(options))
            return 0
        return print_rows(found.rows(), options)


def _limited(statement: str, options: argparse.Namespace) -> str:
    from queries.prompt import listing
    from tui.commands.output import limited

    return limited(listing(statement), options).sql
