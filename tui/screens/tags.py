"""The tags of a repository as lanes over time, and one tag with every image it named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from queries.case import Case
from queries.naming import display_name, origin_and_session, repository_name
from queries.progress import CancelToken
from queries.question import Order, Question, ask_for
from tui.cells import count_cell, digest_cell, name_cell, repository_column, time_cell, who_cell
from tui.jobs import ask_rows
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.who import open_pusher
from tui.text import fmt_ago, fmt_some, fmt_time
from tui.widgets.facts import Facts
from tui.widgets.lanes import Span, lane
from tui.widgets.paged_table import Column, PagedTable, Row

LANE = 40
"""Characters of a lane; a wider table leaves the rest empty, a narrower one cuts it off."""


def _ended(value: Any, row: Row) -> str:
    return f"{row['ended_how']} {fmt_time(row['until'])}" if row["ended_how"] else "still"


TAGS = (
    Column("tag", "tag", min_width=9, weight=1),
    Column("lane", "what it named over time", min_width=LANE, weight=2, sorts=False),
    Column("moves", "moved", width=5, align="right", render=count_cell),
    Column("movers", "by", width=3, align="right", priority=2, render=count_cell),
    Column("image_digest", "now", width=9, priority=3, render=digest_cell),
    Column("last_mover", "last put by", min_width=12, weight=1, priority=4, render=name_cell),
    Column("last_time", "last (UTC)", width=15, priority=5, render=time_cell),
)
SPANS = (
    Column("since", "since (UTC)", width=15, render=time_cell),
    Column("image_digest", "image", width=9, render=digest_cell),
    Column("until", "until", min_width=14, weight=1, priority=2, render=_ended),
    Column("effect", "the push was", min_width=12, priority=3),
    Column("origin", "put there by", min_width=20, weight=3, render=who_cell),
    Column("ended_by_origin", "ended by", min_width=12, weight=2, priority=4, render=name_cell),
)


class TagTable(QuestionTable):
    """Adds each tag's lane to its row."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Its images")]

    def rows_of(self, page: Question, case: Case, cancel: CancelToken) -> list[Row]:
        rows = super().rows_of(page, case, cancel)
        window = case.totals["window"]
        if not window["first"]:
            return rows
        start, end = (
            datetime.fromisoformat(window[name]).replace(tzinfo=None) for name in ("first", "last")
        )
        history = ask_for("tag_history", repository=self._repository(page))
        ordered = history.with_order(Order("repository"), Order("tag"), Order("since"))
        spans: dict[tuple[str, str], list[Span]] = {}
        found = ask_rows(ordered)(case, cancel)
        for key, entries in groupby(found, key=lambda e: (e["repository"], e["tag"])):
            spans[key] = spans_of(list(entries))
        return [
            Row(
                row.key,
                {
                    **row.values,
                    "lane": lane(spans.get((row["repository"], row["tag"]), []), start, end, LANE),
                },
            )
            for row in rows
        ]

    @staticmethod
    def _repository(page: Question) -> str | None:
        value = page.parameters.get("repository")
        return str(value) if value is not None else None


def spans_of(entries: list[dict[str, Any]]) -> list[Span]:
    """Rows of the question `tag_history` of one tag, in order of time, as spans."""
    spans: list[Span] = []
    before: dict[str, Any] | None = None
    for entry in entries:
        if entry["since"] is None:
            continue
        another = before is not None and before["origin"] != entry["origin"]
        gone = entry["ended_how"] not in (None, "moved")
        spans.append(
            Span(str(entry["image_digest"]), entry["since"], entry["until"], gone, another)
        )
        before = entry
    return spans


class TagsScreen(CaseScreen):
    """The tags that were moved most often come first."""

    explains = (
        "Each lane is the whole window of the evidence, with the first digits of the image that"
        " the tag named: ├ put there · ● put there by somebody else than before · ╳ deleted or"
        " expired. Equal digits are the same image."
    )
    of_row = frozenset({"user", "push"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "user", "User"),
        Binding("o", "push", "Its push"),
    ]

    def __init__(self, repository: str | None) -> None:
        super().__init__()
        self._repository = repository
        name = repository_name(repository) if repository else ""
        self.segment = f"tags of {name}" if name else "All tags"

    def body(self) -> Iterable[Widget]:
        repository = repository_column(min_width=14, weight=1, priority=1)
        yield TagTable(
            TAGS if self._repository else (repository, *TAGS),
            searched=("tag", "repository", "image_digest", "last_mover"),
            row_style=lambda row: "attention" if row["movers"] > 1 else "",
            empty_message="no tag was set in this evidence",
            id="tag-table",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(TagTable)
        asked = ask_for("tags", repository=self._repository)
        table.show(asked.with_order(Order("moves", True), Order("last_time", True)))
        table.focus()

    def preview(self, row: Row) -> list[Fact]:
        facts: list[Fact] = [
            ("tag", f"{row['repository']}:{row['tag']}"),
            ("names", str(row["image_digest"] or "an image without digest")),
            (
                "moved",
                f"{fmt_some(row['moves'], 'time')}, between {fmt_some(row['images'], 'image')}",
            ),
            (
                "last put",
                f"{fmt_time(row['last_time'], year=True)} by"
                f" {origin_and_session(row['last_mover'], row['principal'])}",
            ),
        ]
        if row["ended_how"]:
            facts.insert(2, ("ended", _ended(None, row)))
        return facts

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        row = message.row
        self.open_screen(TagScreen(str(row["repository"]), str(row["tag"])))

    def action_user(self) -> None:
        if self.row is not None:
            who = {**self.row.values, "origin": self.row["last_mover"]}
            open_pusher(self.app, Row(self.row.key, who))

    def action_push(self) -> None:
        from tui.screens.push import PushScreen

        if self.row is not None:
            self.open_screen(PushScreen(self.row["push_key"], str(self.row["tag"])))


class TagScreen(CaseScreen):
    """Every image a tag named, in order of time."""

    explains = (
        "Each line is a stretch of time in which the tag named one image, and who put it there."
        " Enter opens the push, {tag.changes} compares it with the image before."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "user", "User"),
        Binding("c", "changes", "Changes"),
        Binding("w", "ended", "What ended it"),
    ]

    def __init__(self, repository: str, tag: str) -> None:
        super().__init__()
        self._repository, self._tag = repository, tag
        self.segment = tag

    def body(self) -> Iterable[Widget]:
        yield _SpanTable(
            SPANS,
            searched=("image_digest", "origin", "principal", "effect", "ended_how"),
            row_style=lambda row: "attention" if row["effect"] == "moved tag" else "",
            id="span-table",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(_SpanTable)
        asked = ask_for("tag_history", repository=self._repository, tag=self._tag)
        table.show(asked.with_order(Order("since")))
        table.focus()

    def preview(self, row: Row) -> list[Fact]:
        facts: list[Fact] = [
            ("image", str(row["image_digest"] or "unknown")),
            ("since", fmt_time(row["since"], year=True)),
            ("put by", origin_and_session(row["origin"], row["principal"])),
            ("push was", str(row["effect"])),
        ]
        if row["ended_how"]:
            after: timedelta | None = None
            if row["until"] and row["since"]:
                after = row["until"] - row["since"]
            by = display_name(row["ended_by_origin"]) if row["ended_by_origin"] else "unknown"
            facts.append(("ended", f"{row['ended_how']} after {fmt_ago(after)} by {by}"))
        else:
            facts.append(("until", "it still names this image when the evidence ends"))
        return facts

    @on(PagedTable.RowHighlighted)
    def _keys_of_row(self, message: PagedTable.RowHighlighted) -> None:
        self.refresh_bindings()

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.push import PushScreen

        self.open_screen(PushScreen(message.row["push_key"], self._tag))

    def action_user(self) -> None:
        if self.row is not None:
            open_pusher(self.app, self.row)

    def action_changes(self) -> None:
        from tui.screens.changes import ChangesScreen

        row = self.row
        if row is None:
            return
        question = ask_for("push", push_key=row["push_key"])

        def opened(rows: list[dict[str, Any]]) -> None:
            key = row["push_key"]
            self.open_screen(ChangesScreen(key, rows[0]["previous_push"], self._tag))

        self.ask("push", ask_rows(question), opened, opens=True)

    def action_ended(self) -> None:
        from tui.screens.raw import RawScreen

        if self.row is not None and self.row["ended_event"] is not None:
            self.open_screen(RawScreen(self.row["ended_event"]))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "ended":
            return self.row is not None and self.row["ended_event"] is not None
        return super().check_action(action, parameters)


class _SpanTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Push")]
