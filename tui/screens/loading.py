"""While evidence is being read: files, bytes, records, an estimate, and how to stop."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Middle, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import ProgressBar, Static

from queries.progress import CancelToken, Progress
from tui.text import fmt_ago, fmt_bytes, fmt_count, safe_content
from tui.widgets.key_bar import KeyBar


class LoadingScreen(Screen[None]):
    """Polls the counters; Esc stops reading and keeps what was read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_reading", "Stop reading, keep what was read"),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(self, progress: Progress, cancel: CancelToken, name: str) -> None:
        super().__init__()
        self._progress = progress
        self._cancel = cancel
        self._evidence = name
        self._started = time.monotonic()

    def compose(self) -> ComposeResult:
        with Middle(), Vertical(id="loading"):
            yield Static(safe_content(f"Reading {self._evidence}", 120, "bold"))
            yield ProgressBar(show_eta=False, id="bar")
            yield Static("", id="counts")
            yield Static("", id="current")
        yield KeyBar()

    def on_mount(self) -> None:
        self.set_interval(0.1, self._refresh_counts)

    def _refresh_counts(self) -> None:
        progress = self._progress
        bar = self.query_one(ProgressBar)
        if progress.bytes_total:
            bar.update(total=progress.bytes_total, progress=max(0, progress.bytes_done))
        said = [
            progress.stage,
            f"{fmt_count(progress.files_done)} of {fmt_count(progress.files_total)} files",
            f"{fmt_bytes(progress.bytes_done)} of {fmt_bytes(progress.bytes_total)}",
            f"{fmt_count(progress.records)} records",
        ]
        left = self._left()
        if left:
            said.append(left)
        self.query_one("#counts", Static).update(Content(" · ".join(said)))
        self.query_one("#current", Static).update(
            safe_content(progress.current, 200, "$foreground-muted")
        )

    def _left(self) -> str:
        """An estimate, once enough has been read to make one."""
        from datetime import timedelta

        done, total = self._progress.bytes_done, self._progress.bytes_total
        spent = time.monotonic() - self._started
        if spent < 2 or done < total // 20 or done >= total or not done:
            return ""
        return f"about {fmt_ago(timedelta(seconds=spent * (total - done) / done))} left"

    def action_stop_reading(self) -> None:
        self._cancel.cancel()
        self.query_one("#counts", Static).update("stopping …")
