"""The subcommands about who was behind something: `chain`, `touched`, `created`, `neighbours` and
`versus`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from queries.errors import NothingToRead

if TYPE_CHECKING:
    from queries.case import Case
    from queries.question import Order, Question

WITH_VALUE = ("--other",)


def who_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import output_options

    output_options(parser)
    parser.add_argument(
        "--principal",
        metavar="ARN",
        required=True,
        help="an origin, role, user or session, or an access key id",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def created_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import output_options

    output_options(parser)
    parser.add_argument(
        "--principal", metavar="ARN", help="only what this one (and sessions from it) created"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="at most N rows")


def versus_options(parser: argparse.ArgumentParser) -> None:
    who_options(parser)
    parser.add_argument("--other", metavar="ARN", required=True, help="whom to put beside it")


def chain(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order

    return _answer(case, options, "session_tree", Order("path"))


def touched(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order

    order = (Order("through"), Order("writes", True), Order("refused", True), Order("reads", True))
    return _answer(case, options, "blast_radius", *order)


def created(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for
    from tui.commands.output import print_question

    if options.principal:
        _known(case, options.principal)
    question = ask_for("created_by", value=options.principal)
    return print_question(case, question.with_order(Order("event_time")), options)


def neighbours(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order

    return _answer(case, options, "same_address", Order("source_ip_address"), Order("events", True))


def versus(case: Case, options: argparse.Namespace) -> int:
    from queries.question import Order, ask_for
    from tui.commands.output import print_question

    for name in (options.principal, options.other):
        _known(case, name)
    question = ask_for("two_principals", value=options.principal, other=options.other)
    order = (Order("kind"), Order("shared"), Order("first_events", True))
    return print_question(case, question.with_order(*order), options)


def _answer(case: Case, options: argparse.Namespace, name: str, *order: Order) -> int:
    from queries.question import ask_for
    from tui.commands.output import print_question

    _known(case, options.principal)
    question: Question = ask_for(name, value=options.principal).with_order(*order)
    return print_question(case, question, options)


def _known(case: Case, name: str) -> None:
    """Raise `NothingToRead` for somebody who does not act: an empty answer would look like one."""
    found = case.ask(
        "SELECT 1 FROM actors WHERE $name IN (identity_arn, principal, access_key_id)"
        " UNION ALL SELECT 1 FROM sessions WHERE $name IN (origin, arn, access_key_id)"
        " UNION ALL SELECT 1 FROM events WHERE issued_access_key_id = $name LIMIT 1",
        {"name": name},
    ).rows
    if not found:
        raise NothingToRead(
            f"nobody is called {name} in this evidence; 'principal' without --principal lists"
            " everyone"
        )
