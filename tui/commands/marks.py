"""The subcommand `marks`: what is marked as evidence; mark, remove and take back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from queries.errors import NothingToRead, WrongUsage

if TYPE_CHECKING:
    from queries.case import Case

WITH_VALUE = ("--add", "--remove", "--tag", "--comment")


def marks_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.options import list_options

    list_options(parser)
    parser.add_argument("--add", metavar="ID", help="mark the event with this event id")
    parser.add_argument("--remove", metavar="ID", help="remove the mark of this event")
    parser.add_argument("--undo", action="store_true", help="take back the newest step")
    parser.add_argument(
        "--tag",
        metavar="WORD",
        action="append",
        default=[],
        help="with --add a tag of the mark (may be given several times); else list only these",
    )
    parser.add_argument("--comment", metavar="TEXT", help="with --add why it is marked")


def marks(case: Case, options: argparse.Namespace) -> int:
    """List the marks, after the change that was asked for."""
    from queries.marks.tables import MarkTables
    from queries.question import Order, ask_for
    from tui.commands.opening import note
    from tui.commands.options import list_filters
    from tui.commands.output import print_question

    changed = _change(case, options)
    if case.marks.problem:
        note(case.marks.problem)
    filters = list_filters(case, options)
    if not changed and options.tag:
        filters["tag"] = options.tag[0]
    tables = MarkTables()
    try:
        question = ask_for("marks/listing", **filters).with_order(Order("event_time"))
        return print_question(tables.of(case.marks), question, options)
    finally:
        tables.close()


def _change(case: Case, options: argparse.Namespace) -> bool:
    wanted = [bool(options.add), bool(options.remove), options.undo]
    if sum(wanted) > 1:
        raise WrongUsage("one change at a time: --add, --remove or --undo")
    if not options.add and (options.comment or len(options.tag) > 1):
        raise WrongUsage("--comment and several --tag go with --add")
    if options.undo and case.marks.undo() is None:
        raise NothingToRead("nothing was marked that could be taken back")
    if options.remove:
        found = [m for m in case.marks.all if options.remove in (m.event_id, m.key)]
        if not found:
            raise NothingToRead(f"no event with the id {options.remove} is marked")
        for mark in found:
            case.marks.remove(mark.key)
    if options.add:
        from queries.marks.events import mark_event
        from queries.question import ask_for
        from tui.commands.opening import note

        question = ask_for("event_by_id", event_id=options.add)
        rows = case.ask(question.sql, question.bound).dicts()
        if not rows:
            raise NothingToRead(f"no event has the id {options.add}")
        for row in rows:
            mark = mark_event(case, row["event_key"], options.tag, options.comment or "")
            if not mark.records:
                note("marked without its raw record: it cannot be read")
    return any(wanted)
