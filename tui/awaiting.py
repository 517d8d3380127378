"""What a screen about the case still waits for, so that keys typed ahead can wait for it too."""

from __future__ import annotations

from typing import ClassVar

from tui.jobs import Jobs
from tui.question_table import QuestionTable
from tui.widgets.paged_table import PagedTable


class Awaiting(Jobs):
    """Says it, for the table that has the focus and for the questions of the screen."""

    needed: ClassVar[frozenset[str]] = frozenset()
    """The slots whose answers the keys of this screen act on, besides the rows."""

    @property
    def opening_since(self) -> float | None:
        """Also when Enter waits for a row that is not here yet."""
        table = self.focused
        waits = table.opening_since if isinstance(table, PagedTable) else None
        return super().opening_since if waits is None else waits

    @property
    def filling(self) -> bool:
        table = self.focused
        if isinstance(table, QuestionTable) and table.question is not None and table.awaits_rows:
            return True
        return not self.needed.isdisjoint(self._jobs)

    def stop_opening(self) -> None:
        super().stop_opening()
        if isinstance(self.focused, PagedTable):
            self.focused.opening_since = None
