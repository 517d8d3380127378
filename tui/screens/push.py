"""One push: the image, its layers, its records, later pulls, and who is behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import TabbedContent, TabPane

from queries.question import Order, Question, ask_for
from tui.cells import (
    bytes_cell,
    call_cell,
    count_cell,
    deployment_mark,
    deployment_style,
    digest_cell,
    matched_cell,
    name_cell,
    ran_cell,
    time_cell,
    until_cell,
)
from tui.jobs import ask_rows
from tui.question_table import QuestionTable
from tui.screens.aftermath import aftermath
from tui.screens.base import CaseScreen, Fact
from tui.screens.push_story import push_story
from tui.screens.who import open_pusher, scopes_of
from tui.screens.whole import whole_row
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

LAYERS = (
    Column("layer_no", "#", width=3, align="right"),
    Column("against_previous", "against previous", width=16),
    Column("layer_digest", "layer", min_width=20, weight=2),
    Column("bytes", "size", width=10, align="right", render=bytes_cell),
    Column("first_time", "first seen here", width=15, priority=2, render=time_cell),
    Column("pushes", "pushes", width=6, align="right", priority=3, render=count_cell),
    Column("media_type", "media type", min_width=20, priority=4),
)
RECORDS = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("part", "part", width=11),
    Column("event_name", "event", min_width=20, weight=2, render=call_cell),
    Column("image_tag", "tag", min_width=8, priority=2),
    Column("image_digest", "digest", width=9, priority=3, render=digest_cell),
    Column("layer_digest", "layer", width=9, priority=4, render=digest_cell),
    Column("error_code", "error", min_width=10, priority=5),
)
PULLS = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("principal", "by whom", min_width=20, weight=2, render=name_cell),
    Column("workload", "kind", width=13, priority=1),
    Column("matched", "matched", width=10, priority=2),
    Column("image_tag", "tag", min_width=8, priority=3),
    Column("source_ip_address", "from", min_width=14, priority=2),
    Column("outcome", "result", width=7, priority=4),
)
LOGINS = (
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("matched", "matched", width=14),
    Column("source_ip_address", "from", min_width=14, weight=1),
    Column("user_agent", "client", min_width=16, weight=2, priority=2),
    Column("access_key_id", "access key", width=21, priority=3),
)


RAN = (
    Column("mark", "", width=1, render=deployment_mark),
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("platform", "where", width=9, priority=3),
    Column("deployed", "what runs it", min_width=22, weight=3, render=ran_cell),
    Column("relation", "how", width=14),
    Column("matched", "matched", min_width=10, weight=1, priority=4, render=matched_cell),
    Column("origin", "by whom", min_width=12, weight=2, priority=2, render=name_cell),
    Column("until", "until", width=10, weight=1, priority=5, render=until_cell),
)


_WHOLE = {
    "layer_digest": "layer", "media_type": "type", "bytes": "bytes", "against_previous": "is",
    "event_name": "call", "part": "part", "deployed": "runs", "image": "image",
    "image_digest": "digest", "image_tag": "tag", "principal": "by whom", "origin": "origin",
    "matched": "matched", "source_ip_address": "from", "user_agent": "client",
    "access_key_id": "key", "error_code": "error", "event_time": "when",
}  # fmt: skip
"""What stands below the lists, and what it is called."""


class LayerTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Layer")]


class RecordTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]


class PushScreen(CaseScreen):
    """Tabs: image, layers, records, pulls, ran, logins."""

    explains = (
        "1-6 or ←→ on the tabs switch between image, layers, records, pulls, ran and logins."
        " Records holds the PutImage records of the push and the layer calls folded under it."
        " Ran: ▶ still referenced at the end of the evidence · ● its tag was moved here by this"
        " push while it ran · ✗ refused. Logins are the registry logins of this principal in the"
        " 12 hours before: one of the same session is certain, of several others none can be told"
        " to be it."
    )
    needed = frozenset({"push"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('image')", "Image", show=False),
        Binding("2", "tab('layers')", "Layers", show=False),
        Binding("3", "tab('records')", "Records", show=False),
        Binding("4", "tab('pulls')", "Pulls", show=False),
        Binding("5", "tab('ran')", "Ran", show=False),
        Binding("6", "tab('logins')", "Logins", show=False),
        Binding("tab", "next_tab", "Next tab", show=True),
        Binding("u", "user", "User"),
        Binding("a", "activity", "Activity"),
        Binding("o", "raw", "Record"),
        Binding("b", "replaced", "Replaced"),
        Binding("c", "changes", "Changes"),
        Binding("w", "behind", "Who was behind it"),
    ]

    def __init__(self, push_key: int, tags: str) -> None:
        super().__init__()
        self._key = push_key
        self._push: Row | None = None
        self.segment = tags if tags not in ("", "None") else "push"

    def body(self) -> Iterable[Widget]:
        with TabbedContent(initial="image", id="tabs"):
            with TabPane("Image", id="image"):
                yield Facts(id="facts")
            with TabPane("Layers", id="layers"):
                yield LayerTable(
                    LAYERS,
                    searched=("layer_digest", "media_type", "against_previous"),
                    row_style=_layer_style,
                    empty_message="no layers: the manifest was not recorded, or lists none",
                    id="layer-table",
                )
            with TabPane("Records", id="records"):
                yield RecordTable(
                    RECORDS,
                    searched=("event_name", "image_tag", "image_digest", "part"),
                    id="record-table",
                )
            with TabPane("Pulls", id="pulls"):
                yield RecordTable(
                    PULLS,
                    searched=("principal", "image_tag", "source_ip_address"),
                    empty_message=(
                        "no pull of this image in the evidence (a write-only trail has none)"
                    ),
                    id="pull-table",
                )
            with TabPane("Ran", id="ran"):
                yield RecordTable(
                    RAN,
                    searched=("deployed", "definition", "platform", "origin", "relation"),
                    row_style=deployment_style,
                    empty_message="no deployment of this image in the evidence · 4 shows its pulls",
                    id="ran-table",
                )
            with TabPane("Logins", id="logins"):
                yield RecordTable(
                    LOGINS,
                    searched=("source_ip_address", "user_agent", "access_key_id", "matched"),
                    empty_message=(
                        "no registry login of this principal in the 12 hours before"
                        " (a write-only trail has none)"
                    ),
                    id="login-table",
                )
        yield Facts(id="preview")

    def ready(self) -> None:
        self.ask("push", ask_rows(ask_for("push", push_key=self._key)), self._show)
        for table, name, order in (
            ("layer-table", "push_layers", ("manifest_digest", "layer_no")),
            ("record-table", "push_records", ("event_time",)),
            ("pull-table", "push_pulls", ("event_time",)),
            ("ran-table", "push_deployments", ("event_time",)),
            ("login-table", "push_logins", ("event_time",)),
        ):
            asked = ask_for(name, push_key=self._key)
            self.query_one(f"#{table}", QuestionTable).show(
                asked.with_order(*(Order(column) for column in order))
            )
        self.query_one("#facts", Facts).focus()

    @on(TabbedContent.TabActivated)
    def _other_tab(self) -> None:
        """Below a table stands its row in full; the push itself needs the room."""
        preview = self.query_one("#preview", Facts)
        preview.display = self.query_one("#tabs", TabbedContent).active != "image"
        row = self.table.selected_row if self.table is not None else None
        preview.set(self.preview(row) if row is not None else [])

    def preview(self, row: Row) -> list[Fact]:
        return whole_row(row, _WHOLE)

    def questions(self) -> list[Question]:
        return [ask_for("push", push_key=self._key), *super().questions()]

    def _show(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._push = Row(self._key, rows[0])
            self.query_one("#facts", Facts).set(push_story(self._push, self.case.totals))
            self.refresh_bindings()
            previous = self._push["previous_push"]
            if self._push["outcome"] != "ok":
                return  # nothing came of it
            self.ask(
                "aftermath",
                lambda case, cancel: aftermath(case, self._key, previous, cancel),
                self._show_aftermath,
            )

    def _show_aftermath(self, found: list[Fact]) -> None:
        """What the push changed and where its image ran, before who made it."""
        facts = self.query_one("#facts", Facts)
        shown = facts.facts
        names = [name for name, _ in shown]
        place = next((names.index(n) for n in ("who", "made by") if n in names), len(names))
        at = facts.scroll_offset.y
        facts.set([*shown[:place], *found, *shown[place:]])
        facts.scroll_to(y=at, animate=False)

    @property
    def row(self) -> Row | None:
        return self._push

    def copy_value(self) -> object:
        if self.table is not None and self.table.has_focus:
            return self.table.selected_cell
        return self._push["image_digest"] if self._push else None

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.layer import LayerScreen
        from tui.screens.raw import RawScreen

        if "event_key" in message.row.values:
            self.open_screen(RawScreen(message.row["event_key"]))
        elif "layer_digest" in message.row.values:
            self.open_screen(LayerScreen(str(message.row["layer_digest"])))

    def action_user(self) -> None:
        if self._push is not None:
            open_pusher(self.app, self._push)

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        if self._push is not None:
            scopes = scopes_of(self._push)
            wanted = next((s for s, _ in scopes if s.kind == "origin"), scopes[0][0])
            self.app.push_screen(ActivityScreen(wanted, around=self._push))

    def action_raw(self) -> None:
        from tui.screens.raw import RawScreen

        self.app.push_screen(RawScreen(self._key))

    def action_behind(self) -> None:
        from tui.screens.behind import BehindScreen

        if self._push is not None:
            who = self._push["origin"] or self._push["principal"]
            self.open_screen(BehindScreen(str(who)))

    def action_changes(self) -> None:
        from tui.screens.changes import ChangesScreen

        if self._push is not None:
            self.open_screen(ChangesScreen(self._key, self._push["previous_push"], self.segment))

    def action_replaced(self) -> None:
        if self._push is not None and self._push["previous_push"] is not None:
            self.app.push_screen(PushScreen(self._push["previous_push"], "replaced image"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "replaced":
            return self._push is not None and self._push["previous_push"] is not None
        return super().check_action(action, parameters)


def _layer_style(row: Row) -> str:
    return "attention" if row["against_previous"] == "new" else ""
