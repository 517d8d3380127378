"""While evidence is listed, fetched and read: how much, how fast, an estimate, and how to stop."""

from __future__ import annotations

import time
from collections import deque
from datetime import timedelta
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Middle, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import ProgressBar, Static

from queries.progress import CancelToken, Progress
from tui.text import fmt_ago, fmt_bytes, fmt_count, safe_content
from tui.widgets.key_bar import KeyBar

_WINDOW = 5.0
"""Seconds that a rate is taken over: long enough to be steady, short enough to follow the line."""


class LoadingScreen(Screen[None]):
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
        else:
            said += [
                f"{fmt_count(progress.files_done)} of {fmt_count(progress.files_total)} files",
                f"{fmt_bytes(progress.bytes_done)} of {fmt_bytes(progress.bytes_total)}",
                f"{fmt_count(progress.records)} records",
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


class _Sample(NamedTuple):
    when: float
    objects: int
    bytes: int


class Rate:
    """Objects and bytes a second over the last seconds."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()

    def note(self, when: float, objects: int, size: int) -> None:
        """How much there is by now; `when` in seconds of any clock that does not go back."""
        self._samples.append(_Sample(when, objects, size))
        while self._samples[-1].when - self._samples[0].when > _WINDOW:
            self._samples.popleft()

    @property
    def known(self) -> tuple[float, float] | None:
        """Objects and bytes a second; None before there is a second to take it from."""
        if len(self._samples) < 2:
            return None
        first, last = self._samples[0], self._samples[-1]
        spent = last.when - first.when
        if spent < 1 or last.objects == first.objects:
            return None
        return (last.objects - first.objects) / spent, (last.bytes - first.bytes) / spent


def transfer_line(progress: Progress, rate: Rate) -> str:
    """Objects, bytes, rate and estimate of a transfer; empty when nothing is fetched."""
    if not progress.to_fetch and not progress.reused:
        return ""
    said = [
        f"fetched {fmt_count(progress.fetched)} of {fmt_count(progress.to_fetch)} objects",
        f"{fmt_bytes(progress.fetched_bytes)} of {fmt_bytes(progress.to_fetch_bytes)}",
    ]
    left = progress.to_fetch - progress.fetched - progress.not_fetched
    if (known := rate.known) and left > 0:
        objects, size = known
        said.append(f"{fmt_bytes(size)}/s, {objects:,.0f} objects/s")
        # Small objects are held up by requests, large ones by bytes.
        bytes_left = max(0, progress.to_fetch_bytes - progress.fetched_bytes)
        seconds = max(left / objects, bytes_left / size if size else 0)
        said.append(f"about {fmt_ago(timedelta(seconds=seconds))} left")
    if progress.reused:
        said.append(f"{fmt_count(progress.reused)} were here already")
    if progress.not_fetched:
        said.append(f"{fmt_count(progress.not_fetched)} could not be had")
    return " · ".join(said)
