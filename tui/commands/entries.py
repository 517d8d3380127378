"""The subcommands that list what an investigation may begin with: keys, addresses, images …"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queries.case import Case


def keys(case: Case, options: argparse.Namespace) -> int:
    return _listed(case, options, "events")


def addresses(case: Case, options: argparse.Namespace) -> int:
    return _listed(case, options, "events")


def resources(case: Case, options: argparse.Namespace) -> int:
    return _listed(case, options, "events")


def images(case: Case, options: argparse.Namespace) -> int:
    return _listed(case, options, "first_seen")


def layers(case: Case, options: argparse.Namespace) -> int:
    return _listed(case, options, "first_seen")


def who_options(parser: argparse.ArgumentParser) -> None:
    """For lists that know principals and no repositories."""
    from tui.commands.options import output_options, range_options

    output_options(parser)
    range_options(parser)
    parser.add_argument("--principal", metavar="ARN", help="only what this one used or touched")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def image_options(parser: argparse.ArgumentParser) -> None:
    """For lists that know repositories and no principals."""
    from tui.commands.options import output_options, range_options

    output_options(parser)
    range_options(parser)
    parser.add_argument("--repository", metavar="NAME", help="account/region/name")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def _listed(case: Case, options: argparse.Namespace, order: str) -> int:
    from queries.question import Order, ask_for
    from tui.commands.options import filters_of
    from tui.commands.output import print_question

    filters = filters_of(case, options)
    given: dict[str, Any] = {
        "since": filters.since,
        "until": filters.until,
        "account": filters.account,
        "region": filters.region,
    }
    for name in ("principal", "repository"):
        if hasattr(options, name):
            given[name] = getattr(options, name)
    question = ask_for(options.command, **given)
    return print_question(case, question.with_order(Order(order, descending=True)), options)
