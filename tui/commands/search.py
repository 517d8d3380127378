"""The subcommand `search`: free text in the records as they were delivered."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from queries.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from queries.case import Case
    from queries.search import Hit, Search

COLUMNS = ("event_time", "event_name", "principal", "event_id", "file", "position", "excerpt")
USUAL_LIMIT = 1000


def search_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--regex", action="store_true", help="TEXT is a regular expression (of Python)"
    )
    parser.add_argument(
        "--case-sensitive", action="store_true", help="tell upper and lower case apart"
    )
    parser.add_argument(
        "--format",
        choices=("table", "json", "jsonl", "csv", "raw"),
        default="table",
        help="how to print (default: table); raw is each record as delivered",
    )
    parser.add_argument("--output", "-o", type=_path, metavar="FILE", help="write to FILE")
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        default=USUAL_LIMIT,
        help=f"stop after N hits, 0 for all (default: {USUAL_LIMIT})",
    )


def _path(text: str) -> Any:
    from pathlib import Path

    return Path(text)


def search(case: Case, options: argparse.Namespace) -> int:
    """Print every record that has the text; say what could not be searched."""
    from queries.naming import some
    from queries.needle import Needle
    from queries.search import Search
    from tui.commands.opening import note, progress_shown

    if options.limit < 0:
        raise WrongUsage(f"--limit {options.limit}: must be a number of hits")
    needle = Needle(options.text, options.regex, options.case_sensitive)
    looked = Search(case, needle)
    with progress_shown(looked.progress):
        more = _print(case, looked, options)
    note(
        f"{some(looked.found - more, 'hit')} in {some(looked.progress.records, 'record')} of"
        f" {some(looked.progress.files_done, 'file')}"
        + (f"; stopped at {options.limit:,}, --limit 0 goes on to the end" if more else "")
    )
    for name, why in looked.unread:
        note(f"not searched: {name}: {why}")
    return 1 if looked.unread and options.strict else 0


def _print(case: Case, looked: Search, options: argparse.Namespace) -> bool:
    """Print hits as they come where the format allows; True when there are more."""
    from queries.case import Rows
    from queries.export import formulas_in_words, write_csv, write_json, write_jsonl, write_table
    from tui.commands.opening import note
    from tui.commands.output import opened_output

    columns = list(COLUMNS)
    hits = _limited(looked.hits(), options.limit)
    more = False
    with opened_output(options) as out:
        if options.format in ("jsonl", "raw"):
            for hit in hits:
                if hit is None:
                    more = True
                elif options.format == "raw":
                    out.write(_raw(case, hit, out) + "\n")
                else:
                    write_jsonl(Rows(columns, [_row(hit)]), out)
            return more
        found = list(hits)
        rows = Rows(columns, [_row(hit) for hit in found if hit is not None])
        if options.format == "json":
            write_json(rows.dicts(), out)
        elif options.format == "csv":
            if changed := write_csv(rows, out):
                note(formulas_in_words(changed))
        else:
            write_table(rows, out, width=0 if out.isatty() else None)
        return None in found


def _limited(hits: Iterator[Hit], limit: int) -> Iterator[Hit | None]:
    """At most `limit` hits (0: all), and None at the end when there are more."""
    for number, hit in enumerate(hits):
        if limit and number == limit:
            yield None
            return
        yield hit


def _row(hit: Hit) -> tuple[Any, ...]:
    return tuple(getattr(hit, name) for name in COLUMNS)


def _raw(case: Case, hit: Hit, out: Any) -> str:
    from queries.raw import raw_record
    from tui.commands.answers import _raw_text

    return _raw_text(raw_record(case, hit.file_id, hit.position).text, out)
