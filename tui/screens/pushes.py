"""Pushes of a repository (or of all): what, by whom, from where, with what effect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from queries.naming import (
    display_name,
    error_in_words,
    login_in_words,
    origin_and_session,
    repository_name,
    what_happened,
)
from queries.question import Order, ask_for
from queries.scope import REPOSITORY, Scope
from tui.cells import (
    bytes_cell,
    digest_cell,
    from_cell,
    layers_cell,
    push_mark,
    push_style,
    repository_column,
    time_cell,
    what_cell,
    who_cell,
)
from tui.configuration.key_words import with_keys
from tui.enriched import with_place
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.screens.inferred import probably_for
from tui.screens.who import open_pusher
from tui.text import fmt_bytes, fmt_some, fmt_time, short_digest
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

_REPOSITORY = repository_column(min_width=26, weight=2)
COLUMNS = (
    Column("mark", "", width=1, render=push_mark),
    Column("event_time", "when (UTC)", width=15, render=time_cell),
    Column("image_tags", "tag", min_width=9, weight=1),
    Column("image_digest", "digest", width=9, priority=4, render=digest_cell),
    Column("effect", "what", min_width=18, weight=2, render=what_cell),
    Column("layer_count", "layers", width=6, align="right", priority=5, render=layers_cell),
    Column("image_bytes", "size", width=9, align="right", priority=6, render=bytes_cell),
    Column("origin", "who (origin ← session)", min_width=20, weight=4, render=who_cell),
    Column("source_ip_address", "from", width=17, priority=2, render=from_cell),
    Column("via", "client", width=13, priority=7),
)


class PushTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Push")]


class PushesScreen(CaseScreen):
    """Newest first; attempts stand apart with their error in words."""

    explains = (
        "● a tag was moved to a new image · ✗ an attempt that failed · … never finished · ◦ copied"
        " by a service. A docker client goes through the registry's proxy, which leaves no address:"
        " ≈ marks that of the probable login instead. An API call carries its true address."
    )
    of_row = frozenset({"user", "raw", "behind"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "user", "User"),
        Binding("a", "activity", "Activity"),
        Binding("o", "raw", "Record"),
        Binding("d", "where", "Where it ran"),
        Binding("t", "tags", "Tags"),
        Binding("w", "behind", "Who was behind it", show=False),
    ]

    def __init__(self, repository: str | None, digest: str | None = None) -> None:
        """Of one repository, or of all; `digest`: only those of one image."""
        super().__init__()
        self._repository, self._digest = repository, digest
        self.segment = repository_name(repository) if repository else "All pushes"
        if digest is not None:
            self.segment = f"pushes of {short_digest(digest)}"

    def body(self) -> Iterable[Widget]:
        columns = COLUMNS if self._repository else (*COLUMNS[:3], _REPOSITORY, *COLUMNS[3:])
        yield PushTable(
            columns,
            searched=(
                "image_tags",
                "image_digest",
                "origin",
                "principal",
                "source_ip_address",
                "login_ips",
                "caller",
                "error_code",
                "effect",
                "repository",
            ),
            row_style=push_style,
            empty_message=Content(
                with_keys(
                    "no push and no attempt in this evidence · {pushes.activity} shows what else"
                    " touched it"
                )
            ),
            id="pushes",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(PushTable)
        asked = ask_for("pushes", repository=self._repository, digest=self._digest)
        table.show(asked.with_order(Order("event_time", descending=True)))
        table.focus()

    def preview(self, row: Row) -> list[Fact]:
        return push_facts(row)

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.push import PushScreen

        self.open_screen(PushScreen(message.row["push_key"], str(message.row["image_tags"])))

    def action_user(self) -> None:
        if self.row is not None:
            open_pusher(self.app, self.row)

    def action_where(self) -> None:
        from tui.screens.where import WhereScreen

        self.open_screen(WhereScreen(self._repository))

    def action_behind(self) -> None:
        from tui.screens.behind import BehindScreen

        if self.row is not None:
            self.open_screen(BehindScreen(str(self.row["origin"] or self.row["principal"])))

    def action_tags(self) -> None:
        from tui.screens.tags import TagsScreen

        self.open_screen(TagsScreen(self._repository))

    def action_raw(self) -> None:
        from tui.screens.raw import RawScreen

        if self.row is not None:
            self.app.push_screen(RawScreen(self.row["push_key"]))

    def action_activity(self) -> None:
        from tui.screens.activity import ActivityScreen

        # Among the pushes of all repositories, that of the one under the cursor.
        if repository := self._repository or (self.row and self.row["repository"]):
            self.app.push_screen(ActivityScreen(Scope(REPOSITORY, str(repository))))

    def lacks_row(self, action: str) -> bool:
        nothing = action == "activity" and self._repository is None and self.table is not None
        return super().lacks_row(action) or (nothing and self.row is None)


def push_facts(row: Row) -> list[Fact]:
    """A push in a few lines."""
    facts: list[Fact] = [
        ("what", f"{what_happened(dict(row.values))} · {row['image_digest'] or 'digest unknown'}"),
        ("who", origin_and_session(row["origin"], row["principal"]) + _key(row)),
        ("from", _from(row)),
    ]
    if service := probably_for(row):
        facts.append(("behind it", service))
    if row["previous_digest"]:
        facts.append(
            (
                "replaced",
                f"{short_digest(row['previous_digest'])} put there by"
                f" {display_name(row['previous_principal'])} on"
                f" {fmt_time(row['previous_time'], year=True)}",
            )
        )
    if row["error_code"]:
        words = error_in_words(row["error_code"])
        facts.append(("error", f"{words} ({row['error_code']}) {row['error_message'] or ''}"))
    if row["image_bytes"] is not None:
        facts.append(
            ("size", f"{fmt_bytes(row['image_bytes'])} in {fmt_some(row['layer_count'], 'layer')}")
        )
    if row["cross_account"]:
        facts.append(("account", "pushed by another account's principal"))
    return facts


def _key(row: Row) -> str:
    key = str(row["access_key_id"] or "")
    if " > " in key:  # a chain of impersonation stands for a key: `who` says it already
        return ""
    return f" · key {key}" if key else ""


def _from(row: Row) -> str:
    via = str(row["via"])
    address = row["source_ip_address"]
    said = f"{via}, {with_place(address) if address else 'no address recorded'}"
    login = login_in_words(dict(row.values))
    return f"{said} · registry login {login}" if login else said
