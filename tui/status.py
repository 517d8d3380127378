"""The line on top: what is loaded, its window, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.widgets import Static

from tui.text import fmt_count, fmt_some, safe_content


class StatusLine(Static):
    """One line about the evidence; warnings come first when the line is short."""

    def __init__(self, totals: dict[str, Any], name: str) -> None:
        super().__init__(id="status")
        self._totals = totals
        self._evidence = name
        self._words = self._window = ""

    def set(self, totals: dict[str, Any], words: str = "", window: str = "") -> None:
        """Show other numbers; `words` are about the program and not the evidence, `window` says
        what narrows all lists."""
        self._totals, self._words, self._window = totals, words, window
        self.on_resize()

    def on_resize(self) -> None:
        # Never dropped: what is not shown must not be forgotten.
        only = f"⧗ {self._window}  " if self._window else ""
        room = self.size.width - Content(only).cell_length
        shown = status_content(self._totals, self._evidence, room, self._words)
        if only:
            shown = Content.styled(only, "$text-warning bold") + shown
        self.update(shown)


def status_content(totals: dict[str, Any], name: str, width: int, words: str = "") -> Content:
    """Name, events, window, accounts and regions, warnings; what does not fit becomes shorter, and
    then goes, the window last."""
    window = totals["window"]
    accounts, regions = len(totals["accounts"]), len(totals["regions"])
    spans = spans_of(window) if window["first"] else []
    events = fmt_some(listed_events(totals), "event")
    places = f"{fmt_some(accounts, 'account')} {fmt_some(regions, 'region')}"
    joined = totals["merged_records"]
    fuller = f"{events} (+{fmt_count(joined)} joined)" if joined else events
    warned = warnings(totals)
    tail = (
        Content.styled("⚠ " + ", ".join(warned), "$text-warning")
        if warned
        else Content.styled("complete", "$text-success")
    )

    def line(cells: int, *parts: str) -> Content:
        shown = [safe_content(name, cells, "bold")] if cells else []
        if words:
            shown.append(Content.styled(words, "$text-primary"))
        return Content(" · ").join([*shown, *(Content(part) for part in parts if part), tail])

    usual, whole, days = max(12, width // 4), *(spans[:2] or ["", ""])
    lines = [
        line(usual, fuller, whole, places),
        line(usual, events, whole, places),
        line(usual, events, whole),
        line(usual, events, f"{days} UTC" if days else ""),
        line(usual, events, days),
        *(line(12, events, span) for span in spans[1:]),
        # What the answers rest on goes last: the window, and what limits it. One year is no window.
        *(line(12, span) for span in spans[1:]),
        line(0, spans[-1]) if spans and "–" in spans[-1] else line(12),
    ]
    return next((shown for shown in lines if shown.cell_length <= width), Content("").join([tail]))


def spans_of(window: dict[str, Any]) -> list[str]:
    """The evidence's window in words, ever shorter: to the minute, the day, the month, the year."""
    first, last = (window[end][:16].replace("T", " ") for end in ("first", "last"))
    # Months and years stand alone: `2026-02 – 03` could be days.
    shorter = [_span(first[:length], last[:length]) for length in (7, 4)]
    return [f"{first} – {last} UTC", _span(first[:10], last[:10], last[5:10]), *shorter]


def _span(first: str, last: str, within: str = "") -> str:
    """From first to last, which is said by `within` where the year is the same."""
    if first == last:
        return first
    return f"{first} – {within if within and first[:4] == last[:4] else last}"


def listed_events(totals: dict[str, Any]) -> int:
    """How many events the lists hold: all but those joined to another, which are shown with it."""
    return int(totals["events"]) - int(totals["merged_records"])


def warnings(totals: dict[str, Any]) -> list[str]:
    """What limits the evidence, in a few words each."""
    said = []
    if totals.get("stopped"):
        said.append("reading stopped")
    elif totals.get("part"):
        said.append("partly read")
    if bad := totals["unreadable_files"]:
        said.append(f"{fmt_some(bad, 'file')} damaged")
    digests = totals.get("digests") or {}
    if altered := len(digests.get("altered", ())):
        said.append(f"{fmt_some(altered, 'file')} ALTERED")
    if missing := len(digests.get("missing", ())):
        said.append(f"{fmt_some(missing, 'file')} missing")
    if gaps := len(totals["gaps"]):
        said.append(fmt_some(gaps, "gap"))
    if changes := len(totals["logging_changes"]):
        said.append(f"{fmt_some(changes, 'logging change')}")
    return said
