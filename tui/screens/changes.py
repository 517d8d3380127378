"""What changed in an image: a push beside another one, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from queries.case import Case
from queries.comparison import Comparison, Pair, base_in_words, compare, in_words, layer_question
from queries.naming import display_name, repository_name
from queries.progress import CancelToken
from queries.question import Order, Question, ask_for
from tui.cells import bytes_cell, count_cell, time_cell
from tui.dialogs import Choice, Picker
from tui.jobs import ask_rows
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.text import fmt_bytes, fmt_time, short_digest
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, PagedTable, Row

CHOICES = 300
"""Longest list of pushes to compare with; the filter of the dialog looks only at these."""

SIGNS = {"kept": "=", "added": "+", "removed": "-", "reordered": "~"}


def _sign(value: Any, row: Row) -> str:
    return SIGNS.get(str(row["status"]), "?")


COLUMNS = (
    Column("mark", "", width=1, render=_sign),
    Column("status", "layer is", width=9),
    Column("layer_no", "here", width=4, align="right"),
    Column("other_no", "there", width=5, align="right"),
    Column("layer_digest", "layer", min_width=20, weight=2),
    Column("bytes", "size", width=8, align="right", render=bytes_cell),
    Column("first_time", "first seen here", width=15, priority=2, render=time_cell),
    Column("pushes", "pushes", width=6, align="right", priority=3, render=count_cell),
    Column("media_type", "media type", min_width=20, priority=4),
)


class LayerTable(QuestionTable):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Layer")]


class ChangesScreen(CaseScreen):
    """The answer in words, and below it every layer of both images."""

    explains = (
        "= in both · + only here · - only in the other · ~ in both, elsewhere. Implant-shaped"
        " means: everything of the other image kept, and a little added, or the same layers"
        " under another configuration. It is a shape, no proof. {changes.other} compares with"
        " another push, {changes.platform} shows the next platform, Enter tells where a layer"
        " was first seen and where it went."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "other", "Another"),
        Binding("m", "platform", "Platform"),
        Binding("o", "open_other", "The other"),
    ]

    def __init__(self, push_key: int, other_key: int | None, name: str) -> None:
        super().__init__()
        self._key = push_key
        self._other = other_key
        self._comparison: Comparison | None = None
        self._base = ""
        self._pair = 0
        self.segment = f"changes in {name}"

    def body(self) -> Iterable[Widget]:
        yield Facts(id="changes")
        yield LayerTable(
            COLUMNS,
            searched=("layer_digest", "status", "media_type"),
            row_style=_style,
            empty_message="no layers to compare",
            id="layer-table",
        )

    def ready(self) -> None:
        self.query_one(LayerTable).focus()
        self._compare(self._other)

    def _compare(self, other: int | None) -> None:
        self._other = other
        if other is None:
            text = "no tag of this push named another image before, in this evidence"
            self.query_one(Facts).set([("compared", text), ("", "n picks a push to compare with")])
            self.query_one(LayerTable).show(ask_for("layer_comparison"))
            return

        def work(case: Case, cancel: CancelToken) -> tuple[Comparison, str]:
            found = compare(case, self._key, other, cancel)
            pair = found.telling
            if pair is None or pair.mine is None:
                return found, ""
            manifest, repository = pair.mine["manifest_digest"], found.push["repository"]
            return found, base_in_words(case, str(manifest), str(repository), cancel)

        self.ask("compare", work, self._show)

    def _show(self, found: tuple[Comparison, str]) -> None:
        self._comparison, self._base = found
        telling = self._comparison.telling
        self._pair = self._comparison.pairs.index(telling) if telling else 0
        self._show_pair()

    def _show_pair(self) -> None:
        comparison = self._comparison
        if comparison is None:
            return
        pair = comparison.pairs[self._pair] if comparison.pairs else None
        self.query_one(Facts).set(change_facts(comparison, pair, self._base))
        if pair is not None:
            self.query_one(LayerTable).show(layer_question(pair))
        self.refresh_bindings()

    def questions(self) -> list[Question]:
        return [ask_for("push_manifests", push_key=self._key), *super().questions()]

    def action_platform(self) -> None:
        if self._comparison is not None:
            self._pair = (self._pair + 1) % len(self._comparison.pairs)
            self._show_pair()

    def action_other(self) -> None:
        question = ask_for("comparable_pushes", push_key=self._key)
        ordered = question.with_order(Order("kinship"), Order("event_time", True))
        self.ask("choices", ask_rows(ordered.with_page(CHOICES)), self._choose, opens=True)

    def _choose(self, rows: list[dict[str, Any]]) -> None:
        choices = [
            Choice(
                str(row["other_push"]),
                f"{fmt_time(row['event_time'], seconds=False)}"
                f" {repository_name(row['repository'])}:{row['image_tags'] or '–'}"
                f" {short_digest(row['image_digest'])} {display_name(row['origin'])}",
                note=str(row["kinship"])[2:],
            )
            for row in rows
        ]
        if choices:
            self.app.push_screen(Picker("Compare with", choices), self._chosen)
        else:
            self.notify("no other push in this evidence", timeout=2)

    def _chosen(self, key: str | None) -> None:
        if key is not None:
            self._compare(int(key))

    def action_open_other(self) -> None:
        from tui.screens.push import PushScreen

        if self._other is not None:
            self.open_screen(PushScreen(self._other, "other image"))

    @on(PagedTable.RowSelected)
    def _open(self, message: PagedTable.RowSelected) -> None:
        from tui.screens.layer import LayerScreen

        self.open_screen(LayerScreen(str(message.row["layer_digest"])))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "platform":
            return self._comparison is not None and len(self._comparison.pairs) > 1
        if action == "open_other":
            return self._other is not None
        return super().check_action(action, parameters)


def _style(row: Row) -> str:
    return {"added": "attention", "removed": "failed", "reordered": "write"}.get(
        str(row["status"]), ""
    )


def change_facts(comparison: Comparison, pair: Pair | None, base: str) -> list[Fact]:
    """The comparison in words: the answer, its reasons, sizes, configuration, base."""
    answer, *reasons = in_words(comparison)
    other = comparison.other
    name = f"{repository_name(other['repository'])}:{other['image_tags'] or '–'}"
    facts: list[Fact] = [
        (
            "compared with",
            f"{name} {short_digest(other['image_digest'])}, by {display_name(other['origin'])},"
            f" {fmt_time(other['event_time'], year=True)}",
        ),
        ("change", answer),
        *(("", reason) for reason in reasons),
    ]
    if pair is None:
        return facts
    if len(comparison.pairs) > 1:
        facts.append(("platform", f"{pair.platform or 'single image'} is shown"))
    if pair.mine and pair.theirs:
        facts.append(("size", _sizes(pair)))
        if pair.config_changed is not None:
            before, now = pair.theirs["config_digest"], pair.mine["config_digest"]
            changed = f"{short_digest(before)} → {short_digest(now)}"
            facts.append(("configuration", changed if pair.config_changed else "the same"))
    if base:
        facts.append(("base", base))
    return facts


def _sizes(pair: Pair) -> str:
    mine, theirs = (side["image_bytes"] if side else None for side in (pair.mine, pair.theirs))
    if mine is None or theirs is None:
        return f"{fmt_bytes(theirs)} → {fmt_bytes(mine)}"
    sign = "+" if mine >= theirs else "−"
    return f"{fmt_bytes(theirs)} → {fmt_bytes(mine)} ({sign}{fmt_bytes(abs(mine - theirs))})"
