"""A PagedTable over a question: it fetches its own pages, sorts and filters by changing the SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from textual import on
from textual.content import Content

from queries.case import Case, Rows
from queries.enrichment import model
from queries.progress import CancelToken
from queries.question import Order, Question
from tui import years
from tui.cells import time_cell
from tui.configuration.key_words import key_of
from tui.enriched import enrichment
from tui.jobs import Jobs
from tui.marking import MARKED, marked_event
from tui.text import safe_content, safe_text
from tui.widgets.paged_table import Column, PagedTable, Row, ViewState


class Place(NamedTuple):
    """Where somebody was in a table: what was asked, and the row."""

    question: Question
    view: ViewState
    key: Hashable


class QuestionTable(PagedTable):
    """Shows the rows of a question. `searched` are the columns that `/` looks into.

    Only the page on screen (and the next one) is fetched; a full page means there may be more.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        searched: Sequence[str] = (),
        row_style: Callable[[Row], str] | None = None,
        empty_message: Content | str = "nothing here",
        id: str | None = None,
    ) -> None:
        known = enrichment().knows_addresses
        self._declared = [column for column in columns if column.key != "place" or known]
        super().__init__(
            [with_year(column) for column in self._declared],
            row_style=row_style,
            row_sign=self._sign,
            empty_message=empty_message,
            id=id,
        )
        self.searched = tuple(searched)
        self.question: Question | None = None
        self.recalled: Place | None = None
        """Where to begin when the same is asked again."""
        self._fetched: set[int] = set()
        """Pages that are asked for."""

    def _sign(self, row: Row) -> str:
        marks = self._jobs_screen.case.marks
        return MARKED if marks.of_event(marked_event(row)) is not None else ""

    def set_columns(self, columns: Sequence[Column]) -> None:
        self._declared = list(columns)
        super().set_columns([with_year(column) for column in columns])

    def show_years(self) -> None:
        """The evidence may have grown into another year: times take more room then."""
        self.set_columns(self._declared)

    @property
    def _names(self) -> dict[str, str]:
        return {column.key: column.label for column in self._columns}

    def show(self, question: Question, *, keep: bool = False) -> None:
        """Ask another question. `keep` leaves the old rows dimmed until the answer is here."""
        place, self.recalled = self.recalled, None
        if place is not None and place.question.statement.name == question.statement.name:
            question = place.question
        else:
            place = None
        self.question = question
        self._fetch_only(())
        self._jobs_screen.stop(f"{self.id}:count")
        first = question.order[0] if question.order else None
        self.set_sort(first.column if first else None, bool(first and first.descending))
        self.reset(keep=keep)
        self._jobs_screen.table_asked()
        if self.cursor_column == "mark":
            # The first column with a heading: a sign is nothing to copy or pivot on.
            named = [key for key in self.visible_columns if self._names.get(key)]
            self.move_cursor(column_key=named[0] if named else None)
        if place is not None:
            self.restore_row(place.view, place.key)

    @property
    def _jobs_screen(self) -> Jobs:
        screen = self.screen
        if not isinstance(screen, Jobs):
            raise TypeError("a QuestionTable stands on a screen that can ask")
        return screen

    def sort_by(self, column: str) -> None:
        """Sort by a column; the same column again turns the order round."""
        if self.question is None or column not in dict(self.sortable):
            return
        now = self.question.order[0] if self.question.order else None
        descending = not now.descending if now and now.column == column else False
        self.show(self.question.with_order(Order(column, descending)), keep=True)

    @property
    def is_empty(self) -> bool:
        """Whether the answer is here and has no row."""
        return self.question is not None and self.total_exact and self.row_count == 0

    @property
    def why_empty(self) -> Content | str:
        """Not that there is nothing, where only the filter or the window of time hides it."""
        question, screen = self.question, self._jobs_screen
        if question is not None and question.needle:
            needle = safe_text(question.needle, 30)
            return f"nothing here has “{needle}” in it · {key_of('back')} takes the filter away"
        if question is not None and screen.narrowed(question) is not question:
            said = safe_content(self.empty_message).plain
            return f"only in the window of time: {said} · {key_of('clear-window')} shows all of it"
        return self.empty_message

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter opens nothing where there is nothing."""
        if action == "select" and self.is_empty:
            return False
        return super().check_action(action, parameters)

    def filter_by(self, needle: str) -> None:
        """Keep the rows in which one of `searched` contains the text."""
        if self.question is not None and needle != self.question.needle:
            row = self.selected_row
            self.show(self.question.with_needle(needle, self.searched), keep=True)
            if row is not None and not needle:
                self.move_to_row_key(row.key)  # whoever found it looks at what is around it

    @property
    def sortable(self) -> list[tuple[str, str]]:
        """(column key, label) of what can be sorted by: columns without a heading are signs, and
        places are no part of the evidence."""
        return [
            (column.key, column.label)
            for column in self._columns
            if column.sorts and column.label and column.key not in PLACES
        ]

    @on(PagedTable.PageRequested)
    def _fetch(self, message: PagedTable.PageRequested) -> None:
        message.stop()
        question = self.question
        if question is None or not self.is_attached:
            return
        index, generation = message.page_index, message.generation
        self._fetch_only(self.wanted_pages)
        self._fetched.add(index)
        narrowed = self._jobs_screen.narrowed(question)
        page = narrowed.with_page(message.limit, message.offset)
        self.set_reading(True)
        # A slot for each: up to four are wanted at once, and none may interrupt another.
        self._jobs_screen.ask(
            f"{self.id}:{index}",
            partial(self.rows_of, page),
            partial(self._arrived, index, generation),
            partial(self._failed, index),
        )

    def _fetch_only(self, wanted: Collection[int]) -> None:
        """Leave the pages that somebody has scrolled away from."""
        for index in self._fetched.difference(wanted):
            self._jobs_screen.stop(f"{self.id}:{index}")
        self._fetched.intersection_update(wanted)

    def asked(self, case: Case) -> Case:
        """Who answers: the case, unless a table shows something else."""
        return case

    def rows_of(self, page: Question, case: Case, cancel: CancelToken) -> list[Row]:
        """The rows of one page; runs on a thread. A table may add values of its own to them."""
        answer = self.asked(case).ask(page.sql, page.bound, cancel)
        keys = [answer.columns.index(key) for key in page.statement.key]
        known = enrichment()
        if not known.knows_addresses or "source_ip_address" not in answer.columns:
            return [Row.of(tuple(row[i] for i in keys), answer.columns, row) for row in answer.rows]
        at = answer.columns.index("source_ip_address")
        places = [known.place(row[at]) for row in answer.rows]
        columns = [*answer.columns, *PLACES]
        return [
            Row.of(tuple(row[i] for i in keys), columns, (*row, *_of_place(place)))
            for row, place in zip(answer.rows, places, strict=True)
        ]

    def _arrived(self, index: int, generation: int, rows: list[Row]) -> None:
        self._fetched.discard(index)
        self.set_reading(False)
        self.set_page(index, rows, generation)
        question = self.question
        if question is not None and not self.total_exact:
            question = self._jobs_screen.narrowed(question)
            # Only now: the first page never waits for a count.
            self._jobs_screen.ask(
                f"{self.id}:count",
                lambda case, cancel: self.asked(case).ask(
                    question.count_sql, question.bound, cancel
                ),
                partial(self._counted, generation),
                lambda message: None,
            )

    def _counted(self, generation: int, answer: Rows) -> None:
        if generation == self.generation and not self.total_exact:
            self.set_total(answer.rows[0][0])

    def _failed(self, index: int, message: str) -> None:
        self._fetched.discard(index)
        self.set_reading(False)
        self.page_failed(index)
        self.notify(message, severity="error", markup=False)

    @on(PagedTable.HeaderSelected)
    def _sort_by_header(self, message: PagedTable.HeaderSelected) -> None:
        message.stop()
        if message.column_key in self._names:
            self.sort_by(message.column_key)


def with_year(column: Column) -> Column:
    """The column with room for the year in its times, where they show it."""
    if column.render is not time_cell or column.width is None or not years.shown():
        return column
    return replace(column, width=column.width + years.CELLS)


PLACES = ("country", "city", "asn", "place")
"""What is added to the rows that have an address, where files of the user's say where it is."""


def _of_place(place: model.Place) -> tuple[str | None, ...]:
    return (*(getattr(place, name) or None for name in model.PIVOTS), place.words() or None)


def row_values(row: Row | None) -> dict[str, Any]:
    """A row's values, or nothing."""
    return dict(row.values) if row is not None else {}
