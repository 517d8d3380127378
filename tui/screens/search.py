"""Free text in the raw records: type, Enter, and hits come in while the evidence is read."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import PurePath
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from queries.case import Case
from queries.errors import WrongUsage
from queries.hits import Hits, listing
from queries.naming import display_name
from queries.needle import Needle
from queries.progress import CancelToken, Progress
from queries.question import ask_for
from queries.search import Hit, Search
from tui.cells import call_cell, name_cell, time_cell
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_ago, fmt_bytes, fmt_count, fmt_some, fmt_time, safe_content, safe_text
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

MOST = 100_000
"""Hits that are kept; a text that common is better asked for in another way."""
_ADDED_AT_ONCE = 200
_LOOK_EVERY = 0.25


def _excerpt(value: Any, row: Row) -> Content | str:
    """The text around a hit, with the hit itself marked, and near the left edge."""
    text, begins, ends = str(value), int(row["begins"]), int(row["ends"])
    start = max(0, begins - 12)
    return Content.assemble(
        safe_content(text[start:begins], None, "$foreground-muted"),
        safe_content(text[begins:ends], None, "bold $text-warning"),
        safe_content(text[ends:], None, "$foreground-muted"),
    )


def _file(value: Any, row: Row) -> str:
    return f"{PurePath(str(value)).name}:{row['position']}"


COLUMNS = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("event_name", "event", width=18, render=call_cell),
    Column("excerpt", "text", min_width=24, weight=4, render=_excerpt),
    Column("principal", "who", min_width=14, weight=1, priority=1, render=name_cell),
    Column("file", "file:record", min_width=16, weight=1, priority=2, render=_file),
)


class HitTable(QuestionTable):
    """Asks the hits and not the case."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]
    hits: Hits | None = None

    def asked(self, case: Case) -> Case:
        return self.hits.case if self.hits is not None else case


class SearchScreen(CaseScreen):
    """`/` goes to the box again; a text between slashes is a regular expression."""

    segment = "Search"
    explains = (
        "Looks through the records as they were delivered, file by file. Upper and lower case"
        " are alike. /…/ is a regular expression. Enter on a hit opens that very record with the"
        " text marked, {search.activity} shows what else its session did. Esc stops a search"
        " that runs; what was found stays."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "ask_again", "Search"),
        Binding("f", "filter", "Filter", show=False),
        Binding("a", "activity", "Activity"),
    ]

    def __init__(self, text: str = "") -> None:
        """`text`: what to look for at once."""
        super().__init__()
        self._text = text
        self._hits: Hits | None = None
        self._search: Search | None = None
        self._began = 0.0
        self._looking = False
        self._stopped = False
        self._shown = 0

    def body(self) -> Iterable[Widget]:
        yield Input(
            self._text,
            placeholder="text in any record, or /regular expression/ · Enter searches",
            id="needle",
            compact=True,
        )
        yield Static(id="progress")
        yield HitTable(
            COLUMNS,
            searched=("event_name", "principal", "file", "excerpt", "event_id"),
            empty_message="no hit",
            id="hits",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        self.query_one(HitTable).display = False
        self.query_one("#needle", Input).focus()
        self.set_interval(_LOOK_EVERY, self._look)
        totals = self.case.totals
        self._say(
            f"reads {fmt_some(totals['files'], 'file')} of evidence again", "$foreground-muted"
        )
        if self._text:
            self._begin(self._text)

    def renew(self) -> None:
        """What was found stays; new evidence is searched by searching again."""

    def on_unmount(self) -> None:
        super().on_unmount()
        if self._hits is not None and not self._looking:
            self._hits.close()

    # ---- searching -------------------------------------------------------------------------

    @on(Input.Submitted, "#needle")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._begin(event.value)

    def _begin(self, text: str) -> None:
        try:
            needle = needle_of(text)
        except WrongUsage as error:
            self._say(str(error), "$text-error")
            return
        self._text = text
        hits = Hits()
        search = Search(self.case, needle)
        self._hits, self._search, self._shown = hits, search, 0
        self._began, self._looking, self._stopped = time.monotonic(), True, False
        table = self.query_one(HitTable)
        table.hits, table.display = hits, True
        table.show(listing())
        table.focus()
        self.ask("search", lambda case, cancel: _collect(search, hits, cancel), self._done)
        self._look()
        self.refresh_bindings()

    def _done(self, more: bool) -> None:
        self._looking = False
        self._show_hits()
        self._say_how_far(more)
        self.refresh_bindings()

    def action_back(self) -> None:
        if self._looking:
            self._looking, self._stopped = False, True
            self.stop("search")
            self._show_hits()
            self._say_how_far(False)
            self.refresh_bindings()
        elif self.focused is self.query_one("#needle") and self._hits is not None:
            self.query_one(HitTable).focus()
        else:
            super().action_back()

    def action_ask_again(self) -> None:
        box = self.query_one("#needle", Input)
        self.set_focus(box)
        box.select_all()

    # ---- what is shown ---------------------------------------------------------------------

    def _look(self) -> None:
        """Every so often while a search runs."""
        if self._looking:
            self._say_how_far(False)
            if self._hits is not None and self._hits.count != self._shown:
                self._show_hits()

    def _show_hits(self) -> None:
        """Show what has come; the cursor stays on its hit."""
        table = self.query_one(HitTable)
        if self._hits is None or table.question is None:
            return
        before, self._shown = self._shown, self._hits.count
        plain = table.question == listing()
        if self._looking and plain and before >= table.page_size:
            table.set_total(self._shown, exact=False)  # the pages that are here stay as they are
            return
        state, row = table.view_state, table.selected_row
        table.show(table.question, keep=True)
        if row is not None:
            table.restore_row(state, row.key)

    def _say_how_far(self, more: bool) -> None:
        search = self._search
        if search is None or self._hits is None:
            return
        progress = search.progress
        said = [f"{fmt_some(self._hits.count, 'hit')}"]
        if self._looking:
            said += [
                f"{fmt_count(progress.files_done)} of {fmt_some(progress.files_total, 'file')}",
                f"{fmt_bytes(progress.bytes_done)} of {fmt_bytes(progress.bytes_total)}",
                *_left(progress, time.monotonic() - self._began),
                "Esc stops",
            ]
        else:
            said.append(f"in {fmt_some(progress.records, 'record')}")
            said.append(f"{fmt_some(progress.files_done, 'file')}")
        if self._stopped:
            said.insert(0, "stopped")
        if more:
            said.append(f"no more than {fmt_count(MOST)} are kept")
        missed = "no hit in what could be read: above stands what could not"
        self.query_one(HitTable).empty_message = missed if search.unread else "no hit"
        if search.unread:
            name, why = search.unread[0]
            others = f" and {len(search.unread) - 1} more" if len(search.unread) > 1 else ""
            said.append(f"not searched: {PurePath(name).name}: {why}{others}")
        self._say(" · ".join(said), "$text-warning" if search.unread else "")

    def _say(self, text: str, style: str = "") -> None:
        self.query_one("#progress", Static).update(safe_content(text, 400, style))

    def preview(self, row: Row) -> list[Fact]:
        return [
            ("event", f"{row['event_name'] or '–'} at {fmt_time(row['event_time'], year=True)}"),
            ("who", display_name(row["principal"]) if row["principal"] else "–"),
            ("text", str(row["excerpt"])),
            ("file", f"{row['file']} · record {row['position']}"),
        ]

    # ---- going on --------------------------------------------------------------------------

    @on(PagedTable.RowHighlighted)
    def _keys_of_row(self, message: PagedTable.RowHighlighted) -> None:
        self.refresh_bindings()

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.raw import RawScreen

        row = message.row
        if row["event_key"] is None:
            self.notify("this record is no event of the case", severity="warning")
            return
        found = str(row["excerpt"])[row["begins"] : row["ends"]]
        place = (int(row["file_id"]), int(row["position"]))
        self.open_screen(RawScreen(row["event_key"], at=place, needle=safe_text(found, 80)))

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen
        from tui.screens.who import scopes_of

        row = self.row
        if row is None or row["event_key"] is None:
            return

        key = int(row["event_key"])

        def opened(event: Row) -> None:
            self.open_screen(ActivityScreen(scopes_of(event)[0][0], around=event))

        self.ask("event", lambda case, cancel: _listed_event(case, key, cancel), opened, opens=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "back" and self._looking:
            return True
        if action in ("activity", "filter", "sort"):
            return self.row is not None
        return super().check_action(action, parameters)


def _listed_event(case: Case, key: int, cancel: CancelToken) -> Row:
    """An event, or the one that it was joined to, which is the one in the lists."""
    question = ask_for("event", event_key=key)
    [event] = case.ask(question.sql, question.bound, cancel).dicts()
    if event["merged_into"] is not None:
        return _listed_event(case, int(event["merged_into"]), cancel)
    return Row(key, event)


def _left(progress: Progress, spent: float) -> list[str]:
    """An estimate after so many seconds, once enough was read to make one."""
    done, total = progress.bytes_done, progress.bytes_total
    if spent < 2 or not 0 < done < total:
        return []
    return [f"about {fmt_ago(timedelta(seconds=spent * (total - done) / done))} left"]


def needle_of(text: str) -> Needle:
    """What is typed: plain text, or a regular expression between slashes. Raises `WrongUsage`."""
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        return Needle(text[1:-1], regex=True)
    return Needle(text)


def _collect(search: Search, hits: Hits, cancel: CancelToken) -> bool:
    """Run a search into a table; True when there is more than is kept. Runs on a thread."""
    search.cancel = cancel
    batch: list[Hit] = []
    began = time.monotonic()
    for hit in search.hits():
        if hits.count + len(batch) >= MOST:
            hits.add(batch)
            return True
        batch.append(hit)
        if len(batch) >= _ADDED_AT_ONCE or time.monotonic() - began > _LOOK_EVERY:
            hits.add(batch)
            batch, began = [], time.monotonic()
    hits.add(batch)
    return False
