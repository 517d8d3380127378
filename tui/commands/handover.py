"""The subcommands that hand a case over: `contain` and `report`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queries.case import Case
    from queries.containment import Plan
    from queries.enrichment.model import Enrichment
    from queries.findings.found import Found

WITH_VALUE = ("--at", "--name")


def contain_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.findings import add_settings_options
    from tui.remote import add_selection_options

    add_selection_options(parser)
    add_settings_options(parser)
    moment_option(parser)
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--output", "-o", type=Path, metavar="FILE", help="write to FILE")


def moment_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--at",
        metavar="TIME",
        help="the time to state (default: now), before which sessions are to end",
    )


def moment_of(options: argparse.Namespace) -> datetime:
    """The time that is stated, UTC and whole seconds."""
    from tui.commands.options import parse_time

    stated = parse_time(options.at, None, "--at")
    return (stated or datetime.now(UTC).replace(tzinfo=None)).replace(microsecond=0)


def contain(case: Case, options: argparse.Namespace) -> int:
    """Print what could be done; nothing is run."""
    from queries.containment import plan
    from queries.export import write_json
    from tui.commands.output import opened_output

    found = None if len(case.marks) else found_in(case, options)
    try:
        made = plan(case, found, moment_of(options))
    finally:
        if found is not None:
            found.close()
    with opened_output(options) as out:
        if options.format == "json":
            said = [suggestion.plain() for suggestion in made.suggestions]
            write_json({"basis": made.basis, "suggestions": said}, out)
        else:
            out.write(plan_in_words(made))
    return 0


def found_in(case: Case, options: argparse.Namespace) -> Found:
    from queries.findings.run import find
    from tui.commands.findings import settings_of

    return find(case, settings_of(options))


def plan_in_words(made: Plan) -> str:
    """The suggestions as text, safe for a terminal."""
    from queries.safe_text import safe_text
    from queries.times import in_utc

    lines = ["Suggestions only: nothing was or will be run. Read each before you do.", ""]
    lines[1:1] = [safe_text(made.basis)]
    for number, suggestion in enumerate(made.suggestions, 1):
        lines.append(f"{number}. {suggestion.kind}: {safe_text(suggestion.what)}")
        lines.append(f"   why: {safe_text(suggestion.why)}")
        for record in suggestion.behind:
            what = f"{record.event_name or 'event'} {record.event_id or 'without id'}"
            said = f"{in_utc(record.event_time)} {what}"
            lines.append(f"   record: {safe_text(said)}")
        if suggestion.caution:
            lines.append(f"   mind: {safe_text(suggestion.caution)}")
        lines += [f"     {safe_text(command)}" for command in suggestion.commands]
        if not suggestion.commands:
            lines.append("     (no command)")
        lines.append("")
    return "\n".join(lines)


# --- report --------------------------------------------------------------------------------------


def report_options(parser: argparse.ArgumentParser) -> None:
    from tui.commands.findings import add_settings_options
    from tui.remote import add_selection_options

    add_selection_options(parser)
    add_settings_options(parser)
    moment_option(parser)
    parser.add_argument("--format", choices=("markdown", "html"), default="markdown")
    parser.add_argument("--name", metavar="TEXT", help="what the investigation is called")
    parser.add_argument("--output", "-o", type=Path, metavar="FILE", help="write to FILE")


def report(case: Case, options: argparse.Namespace) -> int:
    """Write the report."""
    from tui.commands.enrichment import enrichment_of
    from tui.commands.output import opened_output

    found = found_in(case, options)
    try:
        name = options.name or name_of(case)
        known = enrichment_of(options)
        text = report_text(case, found, options.format, moment_of(options), name, known)
    finally:
        found.close()
    with opened_output(options) as out:
        out.write(text)
    return 0


def report_text(
    case: Case, found: Found, form: str, moment: datetime, name: str, known: Enrichment
) -> str:
    """The report as `markdown` or `html`; `known` is what is known of addresses and accounts."""
    from queries.containment import plan
    from queries.marks.keeper import author
    from queries.report.html import html
    from queries.report.making import make_report
    from queries.report.markdown import markdown
    from queries.report.methods import Setting
    from tui.program import program_version

    setting = Setting(moment, author(), program_version(), name)
    document = make_report(case, found, plan(case, found, moment), setting, known)
    return html(document) if form == "html" else markdown(document)


def name_of(case: Case) -> str:
    """The evidence's name, for a title."""
    if case.evidence is not None and case.evidence.paths:
        first, *more = [Path(path).name or path for path in case.evidence.paths]
        return f"{first} and {len(more)} more" if more else first
    return case.path.name
