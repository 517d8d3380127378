"""While evidence is listed, fetched and read: how much, how fast, an estimate, and how to stop."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Middle, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import ProgressBar, Static

from queries.progress import CancelToken, Progress
from tui.clicks import Clicks
from tui.text import fmt_ago, fmt_bytes, fmt_count, fmt_some, safe_content
from tui.transfer import Rate, transfer_line
from tui.widgets.key_bar import KeyBar


class LoadingScreen(Clicks, Screen[None]):
    """Polls the counters; Esc stops the listing, or the reading and keeps what was read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_listing", "Stop listing, go on with what is listed"),
        Binding("escape", "stop_reading", "Stop reading, keep what was read"),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(
        self,
        progress: Progress,
        cancel: CancelToken,
        name: str,
        listing_cancel: CancelToken | None = None,
    ) -> None:
        super().__init__()
        self._progress = progress
        self._cancel = cancel
        self._listing_cancel = listing_cancel or cancel
        self._evidence = name
        self._started = time.monotonic()
        self._was_listing = progress.listing
        self._rate = Rate()

    def compose(self) -> ComposeResult:
        with Middle(), Vertical(id="loading"):
            yield Static(safe_content(f"Reading {self._evidence}", 120, "bold"))
            yield ProgressBar(show_eta=False, id="bar")
            yield Static("", id="counts")
            yield Static("", id="transfer")
            yield Static("", id="current")
        yield KeyBar()

    def on_mount(self) -> None:
        self.set_interval(0.1, self._refresh_counts)

    def _refresh_counts(self) -> None:
        progress = self._progress
        if progress.listing != self._was_listing:
            self._was_listing = progress.listing
            self.refresh_bindings()
        bar = self.query_one(ProgressBar)
        if progress.bytes_total:
            bar.update(total=progress.bytes_total, progress=max(0, progress.bytes_done))
        said = [progress.stage]
        if progress.listing:
            said.append(f"{fmt_ago(timedelta(seconds=time.monotonic() - self._started))}")
        elif progress.files_total:
            said += [
                f"{fmt_count(progress.files_done)} of {fmt_some(progress.files_total, 'file')}",
                f"{fmt_bytes(progress.bytes_done)} of {fmt_bytes(progress.bytes_total)}",
                f"{fmt_some(progress.records, 'record')}",
            ]
        left = self._left()
        if left:
            said.append(left)
        # The stage names the bucket, which somebody typed.
        self.query_one("#counts", Static).update(safe_content(" · ".join(said)))
        self._rate.note(time.monotonic(), progress.fetched, progress.fetched_bytes)
        self.query_one("#transfer", Static).update(Content(transfer_line(progress, self._rate)))
        self.query_one("#current", Static).update(
            safe_content(progress.current, 200, "$foreground-muted")
        )

    def _left(self) -> str:
        """An estimate, once enough has been read to make one."""
        done, total = self._progress.bytes_done, self._progress.bytes_total
        spent = time.monotonic() - self._started
        if spent < 2 or done < total // 20 or done >= total or not done:
            return ""
        return f"about {fmt_ago(timedelta(seconds=spent * (total - done) / done))} left"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop_listing":
            return self._progress.listing
        if action == "stop_reading":
            return not self._progress.listing
        return True

    def action_stop_listing(self) -> None:
        self._listing_cancel.cancel()

    def action_stop_reading(self) -> None:
        self._cancel.cancel()
        self.query_one("#counts", Static).update("stopping …")
