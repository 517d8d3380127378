"""One layer: where it was first seen and where it went next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from queries.question import Order, ask_for
from tui.cells import digest_cell, name_cell, repository_column, time_cell
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.who import open_pusher
from tui.screens.whole import whole_row
from tui.text import short_digest
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row


def _place(value: Any, row: Row) -> str:
    return f"{value} of {row['layers']}" if value is not None else ""


def _what(value: Any, row: Row) -> str:
    return str(value) if row["outcome"] == "ok" else f"{value} (refused)"


COLUMNS = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("what", "layer was", min_width=11, weight=1, render=_what),
    repository_column(min_width=20, weight=2),
    Column("image_tag", "tag", min_width=7, weight=1),
    Column("image_digest", "image", width=9, priority=3, render=digest_cell),
    Column("layer_no", "place", width=8, priority=2, render=_place),
    Column("effect", "the push was", min_width=12, priority=4),
    Column("origin", "by", min_width=14, weight=2, render=name_cell),
)


_WHOLE = {
    "what": "was", "repository": "in", "image_tag": "tag", "image_digest": "image",
    "effect": "the push was", "origin": "by", "event_time": "when",
}  # fmt: skip


class _Table(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Open")]


class LayerScreen(CaseScreen):
    """In order of time; the first line is where the layer came from, as far as this shows."""

    explains = (
        "Every image that has the layer, and every upload, check and download of it, in order of"
        " time. Enter opens the push, or the record of the call."
    )
    of_row = frozenset({"user"})
    BINDINGS: ClassVar[list[BindingType]] = [Binding("u", "user", "User")]

    def __init__(self, digest: str) -> None:
        super().__init__()
        self._digest = digest
        self.segment = f"layer {short_digest(digest)}"

    def body(self) -> Iterable[Widget]:
        yield _Table(
            COLUMNS,
            searched=("repository", "image_tag", "image_digest", "origin", "what"),
            row_style=lambda row: "" if row["outcome"] == "ok" else "failed",
            empty_message="nothing in this evidence names this layer",
            id="layer-history",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(_Table)
        table.show(ask_for("layer_history", layer=self._digest).with_order(Order("event_time")))
        table.focus()

    def preview(self, row: Row) -> list[Fact]:
        return [("layer", self._digest), *whole_row(row, _WHOLE)]

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.push import PushScreen
        from tui.screens.raw import RawScreen

        row = message.row
        if row["push_key"] is not None:
            self.open_screen(PushScreen(row["push_key"], str(row["image_tag"])))
        else:
            self.open_screen(RawScreen(row["event_key"]))

    def action_user(self) -> None:
        if self.row is not None:
            open_pusher(self.app, self.row)
