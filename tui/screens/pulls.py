"""Pulls, one by one: those that a number counts, down to their records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from queries.naming import display_name, repository_name
from queries.question import Order, Question, ask_for
from queries.scope import ORIGIN, Scope
from tui.cells import (
    digest_cell,
    event_mark,
    event_style,
    name_cell,
    repository_column,
    result_cell,
    time_cell,
    yes_cell,
)
from tui.enriched import with_place
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.who import open_pusher
from tui.text import safe_content, short_digest
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

NONE = "(none)"
"""What the question calls a value that is not there."""

_REPOSITORY = repository_column(min_width=20, weight=2, priority=2)
COLUMNS = (
    Column("mark", "", width=1, render=event_mark),
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("image_tag", "tag", min_width=8, weight=1),
    Column("resolved_digest", "digest", width=9, priority=1, render=digest_cell),
    Column("matched", "matched", width=14, priority=4),
    Column("workload", "kind", width=13, priority=3),
    Column("principal", "by whom", min_width=16, weight=2, render=name_cell),
    Column("source_ip_address", "from", min_width=13, weight=1, priority=4),
    Column("outcome", "result", width=8, priority=5, render=result_cell),
    Column("cross_account", "foreign", width=8, priority=7, render=yes_cell),
    Column("user_agent", "client", min_width=12, weight=1, priority=6),
)
SEARCHED = (
    "repository", "image_tag", "image_digest", "resolved_digest", "principal", "identity_arn",
    "workload", "source_ip_address", "user_agent", "outcome", "error_code",
)  # fmt: skip


def pulls_by(row: Row) -> dict[str, Any]:
    """What chooses the pulls that a row of `pulls_by_principal` counts, refused ones with them."""
    return {
        "repository": _same(row["repository"]),
        "identity": _same(row["identity_arn"]),
        "of_account": _same(row["account_id"]),
        "workload": _same(row["workload"]),
        "refused": True,
    }


def pulls_of(row: Row) -> dict[str, Any]:
    """What chooses the pulls that a row of `pulls_by_image` counts."""
    return {
        "repository": _same(row["repository"]),
        "tag": _same(row["image_tag"]),
        "digest": _same(row["resolved_digest"]),
    }


def _same(value: object) -> str:
    return NONE if value is None else str(value)


def question_of(chosen: dict[str, Any]) -> Question:
    """The chosen pulls, the newest first."""
    return ask_for("pulls", **chosen).with_order(Order("event_time", descending=True))


def chosen_in_words(chosen: dict[str, Any]) -> list[tuple[str, str]]:
    """What the pulls have in common, each with what it is called."""
    said: list[tuple[str, str]] = []
    if chosen.get("repository"):
        said.append(("of", repository_name(chosen["repository"])))
    if digest := chosen.get("digest"):
        image = "not known" if digest == NONE else short_digest(digest)
        said.append(("image" if said else "of image", image))
    if tag := chosen.get("tag"):
        said.append(("asked for", "by digest" if tag == NONE else f"tag {tag}"))
    if identity := chosen.get("identity"):
        said.append(("by", "nobody named" if identity == NONE else display_name(identity)))
    if workload := chosen.get("workload"):
        said.append(("as", workload))
    if account := chosen.get("of_account"):
        said.append(("account", "not recorded" if account == NONE else account))
    return said


class PullTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Record")]


class PullsScreen(CaseScreen):
    """The pulls that a number of another screen counts, the newest first."""

    explains = (
        "One line for each image that a call asked for: a call may ask for several. ✗ refused, and"
        " not counted as a pull. A tag counts as the image it named at that moment; {pulls.push}"
        " opens the push it came from."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "push", "Its push"),
        Binding("u", "user", "User"),
        Binding("a", "activity", "Activity"),
        Binding("w", "behind", "Who was behind it", show=False),
    ]

    def __init__(self, chosen: dict[str, Any]) -> None:
        """`chosen`: parameters of the question `pulls`."""
        super().__init__()
        self._chosen = chosen
        name = repository_name(chosen["repository"]) if chosen.get("repository") else ""
        self.segment = f"pulls of {name or short_digest(chosen.get('digest'))}"

    def body(self) -> Iterable[Widget]:
        yield Static(self._said(), id="scope")
        one = self._chosen.get("repository") not in (None, NONE)
        yield PullTable(
            COLUMNS if one else (*COLUMNS[:2], _REPOSITORY, *COLUMNS[2:]),
            searched=SEARCHED,
            row_style=event_style,
            empty_message="no pull of it in this evidence (a write-only trail has none)",
            id="pulls",
        )
        yield Facts(id="preview")

    def _said(self) -> Content:
        parts = [Content.styled("pulls", "bold")]
        for number, (name, value) in enumerate(chosen_in_words(self._chosen)):
            dot = " · " if number else " "
            parts.append(safe_content(f"{dot}{name} {value}", 80, "$text-primary"))
        return Content.assemble(*parts)

    def ready(self) -> None:
        table = self.query_one(PullTable)
        table.show(question_of(self._chosen))
        table.focus()

    def preview(self, row: Row) -> list[Fact]:
        return pull_facts(row)

    @on(PagedTable.RowHighlighted)
    def _keys_of_row(self, message: PagedTable.RowHighlighted) -> None:
        self.refresh_bindings()

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.raw import RawScreen

        self.open_screen(RawScreen(message.row["event_key"]))

    def action_push(self) -> None:
        from tui.screens.push import PushScreen

        if self.row is not None and self.row["push_key"] is not None:
            self.open_screen(PushScreen(self.row["push_key"], str(self.row["image_tag"] or "")))

    def action_user(self) -> None:
        if self.row is not None:
            open_pusher(self.app, self.row)

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        if (row := self.row) is not None:
            scope = Scope(ORIGIN, str(row["origin"] or row["principal"]))
            self.open_screen(ActivityScreen(scope, around=row))

    def action_behind(self) -> None:
        from tui.screens.behind import BehindScreen

        if (row := self.row) is not None:
            self.open_screen(BehindScreen(str(row["origin"] or row["principal"])))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "push":
            return self.row is not None and self.row["push_key"] is not None
        if action in ("user", "activity", "behind"):
            return self.row is not None
        return super().check_action(action, parameters)


def pull_facts(row: Row) -> list[Fact]:
    """A pull in full."""
    asked = f":{row['image_tag']}" if row["image_tag"] else ""
    facts: list[Fact] = [
        ("who", f"{row['principal']}  {row['access_key_id'] or ''}".rstrip()),
        ("as", f"{row['workload']}, account {row['account_id'] or 'unknown'}"),
        ("from", f"{with_place(row['source_ip_address'])} · {row['user_agent'] or '–'}"),
        ("image", f"{row['repository']}{asked}"),
        ("is", f"{row['resolved_digest'] or 'unknown'}, {row['matched']}"),
    ]
    if row["outcome"] != "ok":
        facts.insert(0, ("refused", str(row["error_code"] or row["outcome"])))
    return facts
