"""The subcommand `export`: events for Timesketch, STIX, spreadsheets and other programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.errors import WrongUsage

if TYPE_CHECKING:
    from datetime import datetime

    from queries.case import Case
    from queries.enrichment.model import Enrichment
    from queries.findings.found import Found

WITH_VALUE = ("--as", "--what")
FORMS = ("timesketch-csv", "timesketch-jsonl", "stix", "csv", "jsonl", "parquet")


def export_options(parser: argparse.ArgumentParser) -> None:
    from queries.exports.chosen import WHICH
    from tui.commands.findings import add_settings_options
    from tui.commands.handover import moment_option
    from tui.remote import add_selection_options

    add_selection_options(parser)
    add_settings_options(parser)
    moment_option(parser)
    parser.add_argument("--as", dest="form", choices=FORMS, required=True, help="for which program")
    parser.add_argument(
        "--what",
        choices=WHICH,
        default=WHICH[0],
        help="events that are marked (the default), that findings rest on, or all",
    )
    parser.add_argument("--name", metavar="TEXT", help="what the investigation is called")
    parser.add_argument("--output", "-o", type=Path, metavar="FILE", help="write to FILE")


def export(case: Case, options: argparse.Namespace) -> int:
    """Write the events that were chosen."""
    from tui.commands.enrichment import enrichment_of
    from tui.commands.handover import found_in, moment_of, name_of
    from tui.commands.opening import note
    from tui.commands.output import opened_output

    if options.form == "parquet" and options.output is None:
        raise WrongUsage("--as parquet needs --output FILE")
    known = enrichment_of(options)
    found = found_in(case, options) if options.what == "findings" else None
    try:
        if options.form == "parquet":
            write_parquet_of(case, options.what, found, options.output, known)
            return 0
        with opened_output(options) as out:
            name = options.name or name_of(case)
            write_as(
                case, options.what, options.form, found, moment_of(options), name, out, note, known
            )
    finally:
        if found is not None:
            found.close()
    return 0


def write_as(
    case: Case,
    what: str,
    form: str,
    found: Found | None,
    moment: datetime,
    name: str,
    out: Any,
    note: Any,
    known: Enrichment,
) -> None:
    """Write events in a form of text; `note` is told what the reader must know."""
    from queries.exports.chosen import choose, rows_of

    chosen = choose(case, what, found)
    rows = rows_of(case, chosen, known)
    neutralised = 0
    if form == "stix":
        from queries.export import write_json
        from queries.exports.stix import bundle

        if chosen.keys is None:
            raise WrongUsage("a STIX bundle is made of what is marked or found, not of everything")
        write_json(bundle(rows, chosen, moment, name), out)
    elif form.startswith("timesketch"):
        from queries.exports import timesketch

        if form == "timesketch-jsonl":
            timesketch.write_jsonl(rows, chosen, out, known.added)
        else:
            _, neutralised = timesketch.write_csv(rows, chosen, out, known.added)
    else:
        from queries.exports import plain

        parts = plain.parts_of(rows, chosen)
        if form == "csv":
            neutralised = plain.as_csv(parts, out)
        else:
            plain.as_jsonl(parts, out)
    if neutralised:
        from queries.export import formulas_in_words

        note(formulas_in_words(neutralised))


def write_parquet_of(
    case: Case, what: str, found: Found | None, target: Path, known: Enrichment
) -> None:
    """Write the events into a new Parquet file."""
    from queries.exports.chosen import choose, rows_of
    from queries.exports.plain import as_parquet, parts_of

    chosen = choose(case, what, found)
    as_parquet(parts_of(rows_of(case, chosen, known), chosen), target)
