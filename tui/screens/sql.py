"""The SQL prompt: statements of one's own over the case, read-only."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from queries.case import Case
from queries.errors import InvestigationError, WrongUsage
from queries.prompt import Answer, answer, checked, completions
from queries.question import Question
from tui.ask_text import AskText
from tui.cells import CELL_LIMIT
from tui.dialogs import Choice, Picker
from tui.question_table import QuestionTable
from tui.saved_queries import EXAMPLES, save, saved
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_ago, fmt_count, fmt_some, safe_content
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row
from tui.widgets.sql_area import SqlArea


def _cell(value: Any, row: Row) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return safe_content("" if value is None else value, CELL_LIMIT)


class AnswerTable(QuestionTable):
    """Asks the answer and not the case."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Open")]
    answer: Answer | None = None

    def asked(self, case: Case) -> Case:
        return self.answer if self.answer is not None else case


class SqlScreen(CaseScreen):
    """A box, and the rows below it."""

    segment = "SQL"
    explains = (
        "Enter runs the statement ({new-line} breaks the line), Tab completes tables and"
        " columns, Esc stops one that runs. Only reading is possible: no file, no network, no"
        " other database. Enter on a row opens its event or push, where it has an event_key or a"
        " push_key. {sql.open-saved} opens what was saved, {sql.save} saves, {sql.export} writes"
        " the rows to a file."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter"),
        Binding("c", "box", "Statement"),
        Binding("ctrl+o", "open_saved", "Saved"),
        Binding("ctrl+s", "save", "Save"),
        Binding("ctrl+e", "export", "Export"),
    ]

    def __init__(self, sql: str = "") -> None:
        super().__init__()
        self._sql = sql
        self._answer: Answer | None = None
        self._began = 0.0
        self._asking = False

    def again(self) -> CaseScreen:
        return type(self)(self.query_one(SqlArea).text)

    def body(self) -> Iterable[Widget]:
        yield SqlArea(self._sql, id="statement")
        yield Static(id="progress")
        yield AnswerTable([], searched=(), empty_message="no row", id="answer")
        yield Facts(id="preview")

    def ready(self) -> None:
        area = self.query_one(SqlArea)
        self.query_one(AnswerTable).display = False
        area.focus()
        self.set_interval(0.25, self._say_time)
        self.ask("names", lambda case, cancel: completions(case), self._named)
        if self._sql:
            self._run_it()

    def renew(self) -> None:
        """The answer stays that of the case as it was, until it is run again."""

    def on_unmount(self) -> None:
        super().on_unmount()
        if self._answer is not None:
            self._answer.close()

    def _named(self, tables: dict[str, list[str]]) -> None:
        self.query_one(SqlArea).tables = tables

    # ---- running ---------------------------------------------------------------------------

    @on(SqlArea.Submitted)
    def _run_it(self) -> None:
        sql = self.query_one(SqlArea).text
        try:
            checked(sql)
        except WrongUsage as error:
            self._say(str(error), "$text-error")
            return
        self._began, self._asking = time.monotonic(), True
        self._say("running …")
        self.ask("run", lambda case, cancel: answer(case, sql, cancel), self._show, self._failed)
        self.refresh_bindings()

    def _show(self, found: Answer) -> None:
        self._asking = False
        before, self._answer = self._answer, found
        table = self.query_one(AnswerTable)
        table.answer, table.display = found, True
        table.searched = tuple(found.names)
        columns = [
            Column(
                name,
                name,
                min_width=min(24, max(8, len(name))),
                weight=1,
                priority=at,
                render=_cell,
            )
            for at, name in enumerate(found.names)
        ]
        table.set_columns(columns)
        table.show(found.question)
        table.focus()
        spent = time.monotonic() - self._began
        took = f" · {fmt_ago(timedelta(seconds=spent))}" if spent > 5 else ""
        self._say(f"{fmt_count(len(found.names))} columns{took}", "$foreground-muted")
        if before is not None:
            before.close()
        self.refresh_bindings()

    def _failed(self, message: str) -> None:
        self._asking = False
        self._say(message, "$text-error")
        self.refresh_bindings()

    def _say_time(self) -> None:
        if self._asking:
            spent = fmt_ago(timedelta(seconds=time.monotonic() - self._began))
            self._say(f"running for {spent} · Esc stops")

    def _say(self, text: str, style: str = "") -> None:
        self.query_one("#progress", Static).update(safe_content(text, 600, style))

    def action_back(self) -> None:
        if self._asking:
            self._asking = False
            self.stop("run")
            self._say("stopped", "$text-warning")
            self.refresh_bindings()
        elif self.focused is self.query_one(SqlArea) and self._answer is not None:
            self.query_one(AnswerTable).focus()
        else:
            super().action_back()

    def action_box(self) -> None:
        self.set_focus(self.query_one(SqlArea))

    # ---- rows ------------------------------------------------------------------------------

    def questions(self) -> list[Question]:
        return []

    def preview(self, row: Row) -> list[Fact]:
        names = self._answer.names if self._answer is not None else []
        return [(name, "–" if row[name] is None else str(row[name])) for name in names]

    @on(PagedTable.RowHighlighted)
    def _keys_of_row(self, message: PagedTable.RowHighlighted) -> None:
        self.refresh_bindings()

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.push import PushScreen
        from tui.screens.raw import RawScreen

        key, push = message.row.get("event_key"), message.row.get("push_key")
        if isinstance(key, int):
            self.open_screen(RawScreen(key))
        elif isinstance(push, int):
            self.open_screen(PushScreen(push, ""))
        else:
            self.notify("to open a row, select its event_key or push_key", timeout=4)

    # ---- saved statements ------------------------------------------------------------------

    def action_open_saved(self) -> None:
        kept = {**EXAMPLES, **saved()}
        choices = [
            Choice(name, name, note="example" if sql == EXAMPLES.get(name) else "saved")
            for name, sql in kept.items()
        ]

        def chosen(name: str | None) -> None:
            if name is not None:
                area = self.query_one(SqlArea)
                area.load_text(kept[name].rstrip())
                area.move_cursor(area.document.end)
                self.set_focus(area)

        self.app.push_screen(Picker("Saved statements", choices), chosen)

    def action_save(self) -> None:
        sql = self.query_one(SqlArea).text

        def named(name: str | None) -> None:
            if name is None:
                return
            try:
                target = save(name, sql)
            except (WrongUsage, InvestigationError) as error:
                self.notify(str(error), severity="error", markup=False)
            else:
                self.notify(f"saved as {target}", timeout=4, markup=False)

        self.app.push_screen(AskText("Save the statement as", hint="a name"), named)

    def action_export(self) -> None:
        found = self._answer
        if found is None:
            return

        def named(name: str | None) -> None:
            if name is not None:
                target = Path(name).expanduser()
                self.ask("export", lambda case, cancel: _export(case, found, target), self._written)

        hint = "FILE.csv, .jsonl, .json or .parquet"
        self.app.push_screen(AskText("Write the rows to", hint=hint), named)

    def _written(self, said: str) -> None:
        self.notify(said, timeout=5, markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "back" and self._asking:
            return True
        if action in ("export", "filter", "sort"):
            return self._answer is not None
        if action == "show_sql":
            return False
        return super().check_action(action, parameters)


def _export(case: Case, found: Answer, target: Path) -> str:
    """Write an answer; runs on a thread."""
    from queries.prompt import export

    return f"{fmt_some(export(found, target), 'row')} written to {target}"
