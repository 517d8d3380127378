"""Images and layers by digest, whatever repository they are in: a way in from a scanner's hit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import TabbedContent, TabPane

from queries.question import Order, ask_for
from queries.scope import VALUE, Scope
from tui.cells import (
    bytes_cell,
    count_cell,
    repository_cell,
    repository_column,
    short_repository_cell,
    time_cell,
)
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.whole import whole_row
from tui.text import fmt_some, fmt_span
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row


def _where(value: Any, row: Row) -> Any:
    count = row["repositories"]
    return (
        repository_cell(value, row) if count == 1 else fmt_some(count, "repository", "repositories")
    )


def _where_shortly(value: Any, row: Row) -> Any:
    return short_repository_cell(value, row) if row["repositories"] == 1 else _where(value, row)


IMAGES = (
    Column("image_digest", "image", min_width=24, weight=2),
    repository_column(min_width=20, weight=2, priority=1, render=_where, narrow=_where_shortly),
    Column("image_tags", "tag", min_width=8, weight=1, priority=3),
    Column("pushes", "pushes", width=6, align="right", render=count_cell),
    Column("pulls", "pulls", width=6, align="right", priority=2, render=count_cell),
    Column("deployments", "ran", width=5, align="right", render=count_cell),
    Column("first_seen", "first seen", width=15, priority=4, render=time_cell),
    Column("last_seen", "last seen", width=15, priority=2, render=time_cell),
)
LAYERS = (
    Column("layer_digest", "layer", min_width=24, weight=2),
    Column("bytes", "size", width=9, align="right", render=bytes_cell),
    Column("images", "images", width=6, align="right", render=count_cell),
    repository_column(min_width=20, weight=2, priority=1, render=_where, narrow=_where_shortly),
    Column("uploads", "uploads", width=7, align="right", priority=2, render=count_cell),
    Column("first_seen", "first seen", width=15, render=time_cell),
    Column("last_seen", "last seen", width=15, priority=3, render=time_cell),
)


_WHOLE = {
    "image_digest": "image", "layer_digest": "layer", "image_tags": "tag", "pushes": "pushes",
    "pulls": "pulls", "deployments": "ran", "bytes": "bytes", "images": "images",
    "uploads": "uploads",
}  # fmt: skip
"""What stands below the lists, and what it is called."""


class DigestTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Open")]


class ImagesScreen(CaseScreen):
    """Tabs: images, layers; the newest first."""

    segment = "Images and layers"
    explains = (
        "{images.tab-images} images, {images.tab-layers} layers; {filter} finds a digest by any"
        " part of it. Enter opens the push of an image (all of them where there are several, all"
        " that names it where none is known), or the history of a layer. {images.pulls} lists the"
        " pulls of an image, {images.where} all about where it ran."
    )
    of_row = frozenset({"activity"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('images')", "Images", show=False),
        Binding("2", "tab('layers')", "Layers", show=False),
        Binding("tab", "next_tab", "Next tab"),
        Binding("a", "activity", "Activity"),
        Binding("P", "pulls", "Pulls"),
        Binding("d", "where", "Where it ran"),
    ]

    def body(self) -> Iterable[Widget]:
        with TabbedContent(initial="images", id="tabs"):
            with TabPane("Images", id="images"):
                yield DigestTable(
                    IMAGES,
                    searched=("image_digest", "repository", "image_tags"),
                    empty_message="no event names an image by its digest",
                    id="image-table",
                )
            with TabPane("Layers", id="layers"):
                yield DigestTable(
                    LAYERS,
                    searched=("layer_digest", "repository"),
                    empty_message="no event names a layer",
                    id="layer-table",
                )
        yield Facts(id="preview")

    def ready(self) -> None:
        for name, question in (("image-table", "images"), ("layer-table", "layers")):
            order = Order("first_seen", descending=True)
            self.query_one(f"#{name}", DigestTable).show(ask_for(question).with_order(order))
        self.query_one("#image-table", DigestTable).focus()

    @on(TabbedContent.TabActivated)
    def _other_tab(self) -> None:
        self.query_one("#preview", Facts).set(self.preview(self.row) if self.row else [])
        self.refresh_bindings()

    def preview(self, row: Row) -> list[Fact]:
        facts = whole_row(row, _WHOLE)
        if row["repositories"] > 1:
            facts.insert(1, ("in", fmt_some(row["repositories"], "repository", "repositories")))
        elif row["repository"]:
            facts.insert(1, ("in", str(row["repository"])))
        return [*facts, ("seen", fmt_span(row["first_seen"], row["last_seen"]))]

    @on(PagedTable.RowSelected, "#image-table")
    def _open_image(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.push import PushScreen

        row = message.row
        if row["pushes"] > 1:
            from tui.screens.pushes import PushesScreen

            self.open_screen(PushesScreen(None, str(row["image_digest"])))
        elif row["push_key"] is not None:
            self.open_screen(PushScreen(row["push_key"], str(row["image_tags"])))
        else:
            self.action_activity()

    @on(PagedTable.RowSelected, "#layer-table")
    def _open_layer(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.layer import LayerScreen

        self.open_screen(LayerScreen(str(message.row["layer_digest"])))

    def action_pulls(self) -> None:
        from tui.screens.pulls import PullsScreen

        if self.row is not None:
            self.open_screen(PullsScreen({"digest": self.row["image_digest"]}))

    def action_where(self) -> None:
        from tui.screens.where import WhereScreen

        if self.row is not None:
            self.open_screen(WhereScreen(digest=self.row["image_digest"]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("pulls", "where"):
            return self.row is not None and "image_digest" in self.row.values
        return super().check_action(action, parameters)

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        if self.row is not None:
            digest = self.row.get("image_digest") or self.row.get("layer_digest")
            self.open_screen(ActivityScreen(Scope(VALUE, str(digest))))
