"""The line on top: what is loaded, its window, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.widgets import Static

from tui.text import fmt_count, safe_content


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
    """Name, events, window, accounts and regions, warnings; parts are dropped to fit."""
    window = totals["window"]
    accounts, regions = len(totals["accounts"]), len(totals["regions"])
    parts = [
        safe_content(name, max(12, width // 4), "bold"),
        Content(f"{fmt_count(listed_events(totals))} events"),
    ]
    if words:
        parts.insert(1, Content.styled(words, "$text-primary"))
    spans = spans_of(window) if window["first"] else []
    parts += map(Content, spans[:1])
    parts.append(Content(f"{_some(accounts, 'account')} {_some(regions, 'region')}"))
    warned = warnings(totals)
    tail = (
        Content.styled("⚠ " + ", ".join(warned), "$text-warning")
        if warned
        else Content.styled("complete", "$text-success")
    )
    if joined := totals["merged_records"]:
        fuller = [parts[0], parts[1] + Content(f" (+{fmt_count(joined)} joined)"), *parts[2:]]
        if _width([*fuller, tail]) <= width:
            parts = fuller
    while len(parts) > 1 and _width([*parts, tail]) > width:
        shorter = spans[1:]
        if shorter and parts[-1].plain == spans[0]:
            spans = shorter  # only the days, before there is no window at all
            parts[-1] = Content(spans[0])
        else:
            del parts[-1]
    return Content(" · ").join([*parts, tail])


def spans_of(window: dict[str, Any]) -> list[str]:
    """The evidence's window in words, ever shorter: to the minute, then by the day."""
    first, last = (window[end][:16].replace("T", " ") for end in ("first", "last"))
    day, until = first[:10], last[:10]
    days = day if day == until else f"{day} – {until[5:] if day[:4] == until[:4] else until}"
    return [f"{first} – {last} UTC", days]


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
        said.append(f"{_some(bad, 'file')} damaged")
    digests = totals.get("digests") or {}
    if altered := len(digests.get("altered", ())):
        said.append(f"{_some(altered, 'file')} ALTERED")
    if missing := len(digests.get("missing", ())):
        said.append(f"{_some(missing, 'file')} missing")
    if gaps := len(totals["gaps"]):
        said.append(_some(gaps, "gap"))
    if changes := len(totals["logging_changes"]):
        said.append(f"{_some(changes, 'logging change')}")
    return said


def _some(count: int, noun: str) -> str:
    return f"{fmt_count(count)} {noun}{'' if count == 1 else 's'}"


def _width(parts: list[Content]) -> int:
    return sum(part.cell_length for part in parts) + 3 * (len(parts) - 1)
