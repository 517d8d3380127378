"""Evidence: every file that was seen, and what the numbers rest on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from queries.question import Order, ask_for
from tui.cells import bytes_cell, count_cell, time_cell
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen, Fact
from tui.status import listed_events
from tui.text import fmt_bytes, fmt_count, fmt_some, fmt_time
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Column, Row

COLUMNS = (
    Column("status", "status", width=10),
    Column("name", "file", min_width=24, weight=3, render=lambda value, row: _tail(str(value))),
    Column("format", "format", width=17, priority=3),
    Column("records", "records", width=8, align="right", render=count_cell),
    Column("copies", "copies", width=7, align="right", priority=4, render=count_cell),
    Column("size", "size", width=9, align="right", priority=2, render=bytes_cell),
    Column("first_event", "first event", width=15, priority=6, render=time_cell),
    Column("last_event", "last event", width=15, priority=7, render=time_cell),
    Column("notes", "notes", min_width=20, weight=2, priority=5),
)


class EvidenceScreen(CaseScreen):
    """The ledger with the totals above it."""

    segment = "Evidence"
    explains = (
        "One line for every file seen: read, skipped (no log, or a digest), damaged (whole records"
        " were kept), unreadable, not read. Coverage is what the evidence holds, by account and"
        " region; a gap is a silence far longer than that stream's usual pauses."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "go('principals')", "Principals"),
        Binding("R", "go('repositories')", "Repositories"),
    ]

    def _warns(self) -> bool:
        self.app.evidence_seen = True  # type: ignore[attr-defined]
        return False

    def body(self) -> Iterable[Widget]:
        yield Facts(totals_facts(self.case.totals), id="totals")
        yield QuestionTable(
            COLUMNS,
            searched=("name", "status", "format", "notes"),
            row_style=_style,
            empty_message="no file was found under the given paths",
            id="files",
        )
        yield Facts(id="preview")

    def ready(self) -> None:
        table = self.query_one(QuestionTable)
        table.show(ask_for("evidence").with_order(Order("file_id")))
        table.focus()

    def renew(self) -> None:
        self.query_one("#totals", Facts).set(totals_facts(self.case.totals))
        super().renew()

    def preview(self, row: Row) -> list[Fact]:
        facts: list[Fact] = [("file", str(row["name"]))]
        if row["notes"]:
            facts.append(("notes", str(row["notes"])))
        kept = f"{fmt_some(row['records'], 'record')}, {fmt_count(row['events'])} kept as events"
        facts.append(("read", f"{kept}, {fmt_count(row['copies'])} copies of others"))
        if row["delivered"] is not None:
            late = ", late" if row["late"] else ""
            facts.append(("delivered", f"{fmt_time(row['delivered'], year=True)} UTC{late}"))
        how = {None: "unopened", "none": "not compressed"}
        packed = how.get(row["compression"], row["compression"])
        facts.append(("stored", f"{fmt_bytes(row['size'])}, {packed}"))
        facts.append(("sha256", str(row["sha256"] or "not computed")))
        return facts


def _style(row: Row) -> str:
    if row["status"] in ("damaged", "unreadable", "not read"):
        return "attention"
    return "muted" if row["status"] == "skipped" else ""


def _tail(name: str) -> str:
    """A file's own name says more than the folders above it, which the preview shows."""
    return name.rstrip("/").rpartition("/")[2] or name


def _sum_facts(totals: dict[str, Any]) -> list[Fact]:
    """How records become the events that are listed; nothing where each record is one."""
    said = []
    if copies := totals["duplicates"]:
        said.append(
            "1 record is a copy" if copies == 1 else f"{fmt_some(copies, 'record')} are copies"
        )
    if joined := totals["merged_records"]:
        are = "1 event is" if joined == 1 else f"{fmt_some(joined, 'event')} are"
        said.append(
            f"{are} joined to another, where c shows it (the other account's record of a"
            " cross-account call, a corrected record), so"
            f" {fmt_some(listed_events(totals), 'event')} are listed"
        )
    return [("", "; ".join(said))] if said else []


def totals_facts(totals: dict[str, Any]) -> list[Fact]:
    """What was read, what it covers, and what to know about it."""
    window = totals["window"]
    span = f"{window['first']} – {window['last']}".replace("T", " ").replace("Z", "")
    facts: list[Fact] = [
        (
            "read",
            f"{fmt_some(totals['raw_records'], 'record')} in {fmt_some(totals['files'], 'file')} →"
            f" {fmt_some(totals['events'], 'event')},"
            f" {fmt_some(totals['pushes'], 'push', 'pushes')},"
            f" {fmt_count(totals['failed_pushes'])} failed attempts",
        ),
        *_sum_facts(totals),
        ("window", f"{span} UTC" if window["first"] else "no times"),
    ]
    # Before the coverage: a gap must be seen without scrolling.
    facts += [("note" if i == 0 else "", note) for i, note in enumerate(totals["notes"])]
    widest = max((len(cover["region"]) for cover in totals["coverage"]), default=0)
    for number, cover in enumerate(totals["coverage"]):
        shown = f"{cover['first'][:16]} – {cover['last'][:16]}".replace("T", " ") + " UTC"
        facts.append(
            (
                "covers" if number == 0 else "",
                f"{cover['account']} {cover['region']:<{widest}}  {shown}"
                f"  {fmt_count(cover['events'])}",
            )
        )
    return facts
