"""The filter of a list: the box that is typed into, and what it says once it is closed."""

from __future__ import annotations

from textual import on
from textual.widgets import Input

from tui.configuration.key_words import key_of
from tui.question_table import QuestionTable
from tui.text import safe_text
from tui.under_cursor import UnderCursor


class ListFilter(UnderCursor):
    """The actions for it. A subclass has the box, `#filter`."""

    @property
    def filter_words(self) -> str:
        """What the list is filtered by, which nobody may forget once the box is gone."""
        question = self.table.question if self.table is not None else None
        if question is None or not question.needle:
            return ""
        return f"only with “{safe_text(question.needle, 24)}” · {key_of('back')}: all"

    @staticmethod
    def can_filter(table: QuestionTable) -> bool:
        """Whether there is something to filter, or a filter to change."""
        filtered = table.question is not None and bool(table.question.needle)
        return bool(table.searched) and (filtered or not table.is_empty)

    def action_filter(self) -> None:
        if self.table is None or not self.table.searched:
            return
        box = self.query_one("#filter", Input)
        box.display = True
        self.set_focus(box)  # at once: what is typed next belongs into it

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.table is not None:
            self.table.filter_by(event.value)

    def _close_filter(self, *, clear: bool) -> None:
        box = self.query_one("#filter", Input)
        table = self.table
        if clear:
            box.value = ""
        box.display = False
        if table is not None:
            if clear:
                table.filter_by("")
            self.set_focus(table)
