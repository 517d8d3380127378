"""Print the rows of a question, or objects, in the format that was asked for."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from queries.errors import InvestigationError, WrongUsage
from tui.commands.opening import note

if TYPE_CHECKING:
    from queries.case import Case, Rows
    from queries.question import Question


def case_dicts(case: Case, question: Question) -> list[dict[str, Any]]:
    """All rows of a question as dictionaries."""
    return case.ask(question.sql, question.bound).dicts()


def print_question(case: Case, question: Question, options: argparse.Namespace) -> int:
    question = limited(question, options)
    if options.sql:
        with opened_output(options) as out:
            out.write(question.pasteable())
        return 0
    if options.format == "parquet":
        return _write_parquet(case, question, options)
    rows = case.ask(question.sql, question.bound)
    if not rows.rows and options.limit != 0 and options.command not in _ANY_STATEMENT:
        from tui.commands.empty import why_empty

        note(why_empty(case, options))
    return print_rows(rows, options)


_ANY_STATEMENT = ("sql", "findings", "marks")
"""Commands whose answer may be empty for reasons of their own, or that say them elsewhere."""


def enriched(rows: Rows, options: argparse.Namespace) -> Rows:
    """Rows with what the user's files say about addresses and accounts in them."""
    from tui.commands.enrichment import enrichment_of

    return enrichment_of(options).beside(rows)


def print_rows(rows: Rows, options: argparse.Namespace) -> int:
    """Rows in any format but parquet."""
    from queries.export import (
        formulas_in_words,
        write_csv,
        write_json,
        write_jsonl,
        write_lines,
        write_table,
    )

    rows = enriched(rows, options)
    with opened_output(options) as out:
        if options.format == "json":
            write_json(rows.dicts(), out)
        elif options.format == "jsonl":
            write_jsonl(rows, out)
        elif options.format == "csv":
            if changed := write_csv(rows, out):
                note(formulas_in_words(changed))
        elif options.format == "lines":
            write_lines(rows, out)
        else:
            write_table(rows, out, width=0 if out.isatty() else None)
    return 0


def limited(question: Question, options: argparse.Namespace) -> Question:
    """The question with the page that --limit asks for. Raises `WrongUsage`."""
    if options.limit is None:
        return question
    if not 0 <= options.limit < 1 << 62:
        raise WrongUsage(f"--limit {options.limit}: must be a number of rows")
    return question.with_page(options.limit)


def _write_parquet(case: Case, question: Question, options: argparse.Namespace) -> int:
    """DuckDB writes Parquet itself; the sealed case may not, so a second connection does."""
    from queries.parquet import write_parquet
    from tui.commands.enrichment import enrichment_of

    write_parquet(case, question, new_file(options), enrichment_of(options))
    return 0


def new_file(options: argparse.Namespace) -> Path:
    """The file that Parquet goes to, as it cannot be printed. Raises `WrongUsage`."""
    if options.output is None:
        raise WrongUsage("--format parquet needs --output FILE")
    return Path(options.output)


def print_objects(objects: list[dict[str, Any]], options: argparse.Namespace, noun: str) -> int:
    """Objects with lists inside: JSON as they are, a table as facts and small tables."""
    from queries.case import Rows
    from queries.export import write_facts, write_json, write_jsonl, write_lines, write_table

    if options.sql or options.format in ("csv", "parquet"):
        raise WrongUsage(f"'{noun}' prints json, jsonl, lines or table")
    objects = [_enriched_object(found, options) for found in objects]
    with opened_output(options) as out:
        if options.format == "json":
            write_json(objects, out)
        elif options.format == "jsonl":
            names = list(objects[0])
            write_jsonl(Rows(names, [tuple(o[n] for n in names) for o in objects]), out)
        else:
            for found in objects:
                plain = [(k, v) for k, v in found.items() if not isinstance(v, list)]
                if options.format == "lines":
                    names = [name for name, _ in plain]
                    write_lines(Rows(names, [tuple(value for _, value in plain)]), out)
                    plain = []
                write_facts([(k, v) for k, v in plain if v is not None], out)
                for key, value in found.items():
                    if isinstance(value, list) and value:
                        out.write(f"\n{key}\n")
                        columns = list(value[0])
                        rows = Rows(columns, [tuple(entry.values()) for entry in value])
                        if options.format == "lines":
                            write_lines(rows, out)
                        else:
                            write_table(rows, out, width=0)
                out.write("\n")
    return 0


def _enriched_object(found: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """The same for an object, and for the objects in its lists."""
    from queries.case import Rows as Table

    [said] = enriched(Table(list(found), [tuple(found.values())]), options).dicts()
    for key, value in said.items():
        if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
            said[key] = [_enriched_object(entry, options) for entry in value]
    return said


def _without(rows: Rows, *names: str) -> Rows:
    from queries.case import Rows as Table

    kept = [i for i, name in enumerate(rows.columns) if name not in names]
    return Table(
        [rows.columns[i] for i in kept], [tuple(row[i] for i in kept) for row in rows.rows]
    )


class opened_output:
    """Standard output, or the file of --output (which must not exist yet)."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._path: Path | None = options.output
        self._file: Any = None

    def __enter__(self) -> Any:
        if self._path is None:
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(errors="backslashreplace")
                if not sys.stdout.isatty():
                    # What a program reads is the same bytes whatever the terminal is set to.
                    sys.stdout.reconfigure(encoding="utf-8", newline="")
            return sys.stdout
        try:
            self._file = self._path.open("x", encoding="utf-8", newline="")
        except FileExistsError:
            raise WrongUsage(f"{self._path}: exists already; name another file") from None
        except OSError as error:
            raise InvestigationError(
                f"{self._path}: cannot be written ({(error.strerror or str(error)).lower()})"
            ) from None
        return self._file

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()
        elif error[0] is None:
            sys.stdout.flush()
