"""The subcommands about where images ran: `deployments`, `pulls` and `scans`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queries.case import Case
    from queries.question import Order

WITH_VALUE = ("--by",)


def options_of_lists(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import list_options

    list_options(parser)


def pull_options(parser: argparse.ArgumentParser) -> None:
    options_of_lists(parser)
    parser.add_argument(
        "--by",
        choices=("principal", "image", "pull"),
        default="principal",
        help="one row for each puller (with its bursts), for each tag and digest pulled, or for"
        " each pull, refused ones too",
    )


def deployments(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order

    return _listed(case, options, "deployments", Order("event_time"))


def pulls(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order

    if options.by == "pull":
        return _listed(case, options, "pulls", Order("event_time"), refused=True)
    return _listed(case, options, f"pulls_by_{options.by}", Order("last_pull", True))


def scans(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order

    worst = (Order("critical", True), Order("high", True), Order("event_time"))
    return _listed(case, options, "scans", *worst)


def _listed(
    case: Case, options: argparse.Namespace, name: str, *order: Order, **more: object
) -> int:
    from queries.question import ask_for
    from tui.commands.options import list_filters
    from tui.commands.output import print_question

    question = ask_for(name, **list_filters(case, options), **more)
    return print_question(case, question.with_order(*order), options)
