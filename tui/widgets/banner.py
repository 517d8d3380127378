"""The line that says that evidence is incomplete, until somebody has looked at what is missing, or
how far it is on its way."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.message import Message
from textual.widgets import Static

from tui.configuration.key_words import key_of
from tui.text import safe_content, safe_text


class Banner(Static):
    """One line; a click on it asks for the evidence, as its key does."""

    class Opened(Message):
        """Somebody wants to see what is missing."""

    def __init__(self, totals: dict[str, Any], fetching: str = "") -> None:
        super().__init__(id="banner")
        self.show(totals, fetching)

    def show(self, totals: dict[str, Any], fetching: str = "") -> None:
        """Say it of other numbers; `fetching`: how far what is missing is, on its way."""
        self._totals, self._fetching_words = totals, fetching
        self.set_class(bool(fetching), "-fetching")
        self.on_resize()

    def on_resize(self) -> None:
        said = self._fetching_words or incomplete(self._totals, self.size.width or None)
        self.update(safe_content(said, style="bold"))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Opened())


def incomplete(totals: dict[str, Any], width: int | None = None) -> str:
    """What the line says in so many cells, never without its key; empty when nothing is known to
    be missing."""
    if totals["evidence_complete"]:
        return ""
    why = ", ".join(reasons(totals)) or "see the notes"
    said, key = f"⚠ evidence incomplete: {why}", f" · {key_of('go-evidence')} opens it"
    return said + key if width is None else safe_text(said, max(1, width - len(key))) + key


def reasons(totals: dict[str, Any]) -> list[str]:
    """Why evidence is incomplete, in a few words each."""
    digests = totals.get("digests") or {}
    counted = (
        (totals["unreadable_files"], "damaged or unreadable"),
        (totals["unread_files"], "not read"),
        (totals["one_page_files"], "one page of several"),
        (len(digests.get("altered", ())), "altered"),
        (len(digests.get("missing", ())), "missing"),
    )
    if part := totals.get("part"):
        return [f"only {part[0]:,} of {part[1]:,} files were read"]
    said = [f"{n} {'file' if n == 1 else 'files'} {what}" for n, what in counted if n]
    if breaks := len(digests.get("breaks", ())):
        said.append(f"digest chain broken {breaks} {'time' if breaks == 1 else 'times'}")
    return said
