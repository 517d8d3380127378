"""Rules: which were asked, what each found, and why some could not answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from queries.case import Case
from queries.findings.found import Found
from queries.question import Order, Question, ask_for
from tui.cells import attack, count_cell
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, Row

COLUMNS = (
    Column("rule", "rule", min_width=32, weight=1),
    Column("status", "status", width=9),
    Column("findings", "found", width=6, align="right", render=count_cell),
    Column("unknown", "unknown", width=7, align="right", render=count_cell, priority=2),
    Column("severity", "severity", width=9, priority=1),
    Column("note", "what limits it", min_width=20, weight=3, priority=3),
)


class RuleTable(QuestionTable):
    found: Found | None = None

    def asked(self, case: Case) -> Case:
        return self.found.case if self.found is not None else case


def _style(row: Row) -> str:
    if row["status"] == "failed":
        return "danger"
    return "muted" if row["status"] in ("off", "not asked") else ""


class RulesScreen(CaseScreen):
    """One row for each rule."""

    segment = "Rules"
    explains = (
        "Every rule and how it fared. A rule that was not asked, fell silent or does not know says"
        " nothing about whether there is something to find."
    )
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, found: Found) -> None:
        super().__init__()
        self._found = found

    def body(self) -> Iterable[Widget]:
        yield RuleTable(
            COLUMNS, searched=("rule", "title", "status", "note"), row_style=_style, id="rules"
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(RuleTable)
        table.found = self._found
        table.show(ask_for("found/asked").with_order(Order("findings", descending=True)))
        table.focus()

    def renew(self) -> None:
        """It belongs to what was found when it was opened."""

    def questions(self) -> list[Question]:
        return []

    def preview(self, row: Row) -> list[Fact]:
        facts: list[Fact] = [
            ("rule", f"{row['title']} · {row['severity']}{attack(row['technique'])}"),
            ("sees", str(row["sees"])),
            ("benign when", str(row["benign_when"])),
        ]
        if row["note"]:
            facts.insert(1, ("limits", str(row["note"])))
        return facts

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "show_sql" and super().check_action(action, parameters)
