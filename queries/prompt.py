"""Statements that a person writes: read-only, over the case and nothing else.

Three walls, each enough for what it is there for:

- DuckDB takes the text apart, and only a single SELECT (or DESCRIBE, SHOW, SUMMARIZE, VALUES,
  FROM …, PIVOT without more) is run. Whatever else there is (ATTACH, COPY, INSTALL, SET, CREATE …)
  is refused by kind.
- The case is opened read-only, so a SELECT that writes (`WITH x AS (INSERT …)`) fails.
- The database is sealed: `enable_external_access = false` keeps it from any file, network and
  extension (but its own empty folder for what does not fit into memory), and
  `lock_configuration = true` keeps that as it is.
  https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview

The answer goes into a temporary table of the cursor that asked, so that it can be paged, sorted and
filtered without running the statement again; what does not fit into memory goes to the folder of
the program for that, which ends with it.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from queries.case import Case, Rows, ask_cursor
from queries.catalogue import Statement
from queries.errors import InvestigationError, WrongUsage
from queries.index.rows import as_text
from queries.marks.store import MARK_COLUMNS, write_tables
from queries.progress import CancelToken
from queries.question import Order, Question

if TYPE_CHECKING:
    from queries.enrichment.model import Enrichment

_ANSWER = "answer_of_prompt"
_TO_PLACE = "row_of_answer"


class Answer(Case):
    """The answer to one statement, asked like a case. Close it when it is no longer shown."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, sql: str, columns: list[str]) -> None:
        super().__init__(cursor, Path(":memory:"), {})
        self.sql = sql
        self.names = columns
        """Its columns, in their order."""
        self._one = threading.Lock()

    def ask(self, sql: str, parameters: Any = None, cancel: CancelToken | None = None) -> Rows:
        """Like a case's: but temporary tables belong to one cursor, so one asks at a time."""
        with self._one:
            return ask_cursor(self.connection, sql, parameters, cancel)

    @property
    def question(self) -> Question:
        """All rows, in the order of the statement."""
        listed = ", ".join(_quoted(name) for name in self.names)
        text = f"SELECT rowid AS {_TO_PLACE}, {listed} FROM {_ANSWER}"  # noqa: S608
        found = Statement("prompt", text, "what was asked", frozenset(), (_TO_PLACE,))
        return Question(found).with_order(Order(_TO_PLACE))

    def rows(self) -> Rows:
        """The whole answer."""
        return self.ask(self._everything)

    @property
    def _everything(self) -> str:
        listed = ", ".join(_quoted(name) for name in self.names)
        return f"SELECT {listed} FROM {_ANSWER} ORDER BY rowid"  # noqa: S608

    def write_parquet(self, target: Path, enrichment: Enrichment | None = None) -> None:
        """The whole answer as a new Parquet file, as it was answered: it is not asked again."""
        from queries.parquet import write_answer

        with self._one:
            write_answer(self.connection, listing(self._everything), target, enrichment)


def checked(sql: str) -> str:
    """The one statement in a text, without the semicolon. Raises `WrongUsage` for anything but a
    single statement that reads."""
    sql = as_text(sql)  # an argument may hold bytes that are no text
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise WrongUsage(_first_line(error)) from None
    if not statements:
        raise WrongUsage("nothing was asked")
    if len(statements) > 1:
        raise WrongUsage(f"one statement at a time, and here are {len(statements)}")
    kind = statements[0].type.name
    if kind != "SELECT":
        raise WrongUsage(
            f"only what reads is run (SELECT, FROM, DESCRIBE, SHOW, SUMMARIZE), and this is {kind}"
        )
    return statements[0].query.strip().rstrip(";").strip()


def listing(statement: str) -> Question:
    """A checked statement as a question, to be limited or written out."""
    return Question(Statement("prompt", statement, "what was asked", frozenset(), ()))


def answer(case: Case, sql: str, cancel: CancelToken | None = None) -> Answer:
    """Run a statement over a case. Raises `WrongUsage` with DuckDB's own words for a wrong one,
    `Cancelled` when it was stopped."""
    statement = checked(sql)
    cursor = case.connection.cursor()
    try:
        # The case is sealed: what was marked since it was opened is beside it.
        write_tables(cursor, case.marks.entries, case.marks.places, temporary=True)
        cursor.execute(f"DROP TABLE IF EXISTS temp.{_ANSWER}")
        # A line of its own: the statement may end with a comment.
        text = f"CREATE TEMP TABLE {_ANSWER} AS FROM (\n{statement}\n)"
        ask_cursor(cursor, text, None, cancel)
        names = [
            row[0]
            for row in cursor.execute(
                "SELECT column_name FROM duckdb_columns() WHERE table_name = $name"
                " AND database_name = 'temp' ORDER BY column_index",
                {"name": _ANSWER},
            ).fetchall()
        ]
        return Answer(cursor, statement, names)
    except duckdb.Error as error:
        cursor.close()
        raise WrongUsage(_first_line(error)) from None
    except BaseException:
        cursor.close()
        raise


def export(found: Answer, target: Path) -> int:
    """Write an answer to a file that must not exist; its name says the format (.csv, .json,
    .jsonl, .parquet). Returns the number of rows. Raises `WrongUsage`, `InvestigationError`."""
    from queries.export import write_csv, write_json, write_jsonl

    kind = target.suffix.lower()
    if kind not in (".csv", ".json", ".jsonl", ".parquet"):
        raise WrongUsage(f"{target}: name a file that ends with .csv, .json, .jsonl or .parquet")
    if kind == ".parquet":
        found.write_parquet(target)
        return int(found.ask(f"SELECT count(*) FROM {_ANSWER}").rows[0][0])  # noqa: S608
    rows = found.rows()
    try:
        with target.open("x", encoding="utf-8", newline="") as out:
            if kind == ".csv":
                write_csv(rows, out)
            elif kind == ".json":
                write_json(rows.dicts(), out)
            else:
                write_jsonl(rows, out)
    except FileExistsError:
        raise WrongUsage(f"{target}: exists already; name another file") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvestigationError(f"{target}: cannot be written ({reason})") from None
    return len(rows.rows)


def completions(case: Case) -> dict[str, list[str]]:
    """The tables of the case, each with its columns."""
    rows = case.ask(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        " AND database_name <> 'temp' ORDER BY table_name, column_index"
    ).rows
    found: dict[str, list[str]] = {name: [*columns] for name, columns in MARK_COLUMNS.items()}
    for table, column in rows:
        if table in MARK_COLUMNS:
            continue
        found.setdefault(table, []).append(column)
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    """DuckDB's words without the picture of the place, which is of the text around ours."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("LINE ", "^"))]
    return " ".join(said[:3]) or "the statement is wrong"
