"""Drives the real program: opens evidence, presses keys, reads what the screen shows."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from textual import events
from textual.geometry import Region
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from queries.engines.opening import Choice
from samples import incident_path
from tui import years
from tui.app import REPOSITORIES, InvestigateApp
from tui.configuration.preferences import Preferences
from tui.jobs import Jobs
from tui.question_table import QuestionTable
from tui.screens.base import CaseScreen
from tui.screens.loading import LoadingScreen
from tui.widgets.facts import Facts
from tui.widgets.paged_table import Row

Screen = TypeVar("Screen")

IMPLANT = "sha256:22286464f09726ab75d8a17853f3d076d1529a8c16b4c28b41f00d98772fd187"
API = "111122223333/us-east-1/team/api"
NARROW, MIDDLE, WIDE = (80, 24), (120, 40), (200, 60)
NOTHING = {"window": {"first": None, "last": None}}
"""What totals say of no evidence."""
LONG = 180.0
"""Seconds in which even a very busy machine has done what a test waits for."""
ROUNDS = 4
"""How often in a row nothing must be awaited: one message may lead to the next."""


async def until(
    pilot: Pilot[Any], happened: Callable[[], bool], awaited: Callable[[], str] = str
) -> None:
    """Wait for something that stays once it is there: one look may come late. `awaited` tells
    whoever reads why a test failed what is still to come."""
    latest = time.monotonic() + LONG
    while not happened():
        assert time.monotonic() < latest, f"it never came: {awaited()}"
        await pilot.pause(0.005)


class Driver:
    """Somebody at the keyboard, who waits until an answer is there."""

    def __init__(self, app: InvestigateApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    # ---- waiting ---------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until nothing is read or asked any more, and everything is drawn."""
        quiet, latest = 0, time.monotonic() + LONG
        while quiet < ROUNDS:
            assert time.monotonic() < latest, f"still at work: {self._awaited()}"
            if self._waiting():
                # Textual's own way to wait sends a message to each widget and draws, every time.
                await asyncio.sleep(0.005)
                quiet = 0
            else:
                # Without a 0 it also waits for an idle processor: many times slower.
                await self.pilot.pause(0)
                quiet = 0 if self._waiting() else quiet + 1

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that stays once it is there."""
        await until(self.pilot, happened, self._awaited)

    def _awaited(self) -> str:
        """What is still to come, and the screen, for whoever reads why a test failed."""
        if not self.app.screen_stack:
            return "the program has ended"
        screens = [screen for screen in self.app.screen_stack if isinstance(screen, Jobs)]
        answers = {type(screen).__name__: sorted(screen._jobs) for screen in screens}
        keys = [getattr(event, "key", "text") for event in self.app._waiting]
        return f"answers {answers}, keys {keys} (obeying: {self.app.obeying})\n{self.text()}"

    def _waiting(self) -> bool:
        if self.app._exception is not None:
            raise self.app._exception  # nothing will come any more
        if isinstance(self.app.screen, LoadingScreen):
            return self.app.failure == ""
        if self.app.obeying or not self.app.screen.is_mounted:
            return True
        return any(screen.busy for screen in self.app.screen_stack if isinstance(screen, Jobs))

    def send(self, *keys: str) -> None:
        """Press keys without waiting for anything; a character, or the name of a key."""
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(events.Key(name, key if len(key) == 1 else None))

    async def press(self, *keys: str) -> None:
        """Press keys, and wait after each."""
        for key in keys:
            self.send(key)
            await self.settle()

    async def write(self, text: str) -> None:
        """Type text, and wait once."""
        self.send(*text)
        await self.settle()

    async def click(self, widget: Widget, x: int, y: int = 0, times: int = 1) -> None:
        await self.pilot.click(widget, offset=(x, y), times=times)
        await self.settle()

    # ---- what is there ---------------------------------------------------------------------

    @property
    def screen(self) -> CaseScreen:
        """The screen in front, or the one behind a dialog."""
        return [s for s in self.app.screen_stack if isinstance(s, CaseScreen)][-1]

    def on(self, kind: type[Screen]) -> Screen:
        """The screen in front, which must be of this kind."""
        screen = self.app.screen
        assert isinstance(screen, kind), f"on {type(screen).__name__}, not {kind.__name__}"
        return screen

    @property
    def table(self) -> QuestionTable:
        table = self.screen.table
        assert table is not None, "no table here"
        return table

    @property
    def row(self) -> Row:
        row = self.table.selected_row
        assert row is not None, "no row is selected"
        return row

    async def total(self) -> int:
        """How many rows the table has, as its own count says."""
        await self.settle()
        assert self.table.total_exact
        return self.table.row_count

    async def rows(self) -> list[dict[str, Any]]:
        """All rows of the table: the question behind it, asked without paging."""
        question = self.table.question
        assert question is not None
        return self.table.asked(self.app.case).ask(question.sql, question.bound).dicts()

    async def go_to(self, **values: object) -> None:
        """Put the cursor on the first row with these values."""
        for index, row in enumerate(await self.rows()):
            if all(row[name] == value for name, value in values.items()):
                self.table.move_cursor(index)
                await self.settle()
                assert self.row.values.items() >= values.items()
                return
        raise AssertionError(f"no row with {values}")

    async def to_column(self, key: str) -> None:
        """Walk right until the cursor stands in a column."""
        while self.table.cursor_column != key:
            before = self.table.cursor_column
            await self.press("right")
            assert self.table.cursor_column != before, f"no column {key} to the right"

    # ---- what is shown ---------------------------------------------------------------------

    def text(self, widget: Widget | None = None) -> str:
        """The characters on the screen, or those of the region of one widget."""
        lines = [strip.text for strip in self.app.screen._compositor.render_strips()]
        if widget is None:
            return "\n".join(line.rstrip() for line in lines)
        region: Region = widget.region
        return "\n".join(
            line[region.x : region.right].rstrip() for line in lines[region.y : region.bottom]
        )

    def part(self, selector: str) -> str:
        """What one widget of the screen in front shows."""
        return self.text(self.app.screen.query_one(selector))

    def facts(self, selector: str) -> dict[str, str]:
        """Facts by label; what continues a fact is joined to it."""
        found: dict[str, str] = {}
        label = ""
        for name, value in self.screen.query_one(selector, Facts).facts:
            text = value if isinstance(value, str) else value.plain
            label = name or label
            found[label] = f"{found[label]}\n{text}" if label in found else text
        return found

    def said(self, selector: str) -> str:
        """The text of a Static, however much of it fits."""
        return str(self.screen.query_one(selector, Static).content)

    @property
    def notices(self) -> list[str]:
        return [notification.message for notification in self.app._notifications]


def unpacked(path: Path) -> str:
    """The text of a gzip file of evidence."""
    return gzip.decompress(path.read_bytes()).decode()


@asynccontextmanager
async def driving(
    *paths: str | Path,
    size: tuple[int, int] = MIDDLE,
    theme: str | None = None,
    preferences: Preferences | None = None,
    notices_shown: bool = False,
    case_file: str | None = None,
    start: str = REPOSITORIES,
    start_at: str | None = None,
    paths_given: bool = True,
    tour: bool = False,
    engine: Choice | None = None,
    follow: float | None = None,
) -> AsyncIterator[Driver]:
    """The program over some evidence (the sample incident if none is named), ready for keys.

    Tests begin at the repositories unless they say otherwise, so that not each of them runs the
    rules; `paths_given=False` opens the case file alone. Notices come and go with the clock, so
    they are drawn only for tests that look at them.
    """
    app = InvestigateApp(
        [str(path) for path in paths or (incident_path(),)] if paths_given else [],
        theme_name=theme,
        preferences=preferences,
        case_file=Path(case_file) if case_file else None,
        start=start,
        start_at=start_at,
        tour=tour,
        engine=engine,
        follow=follow,
    )
    app.animation_level = "none"
    try:
        async with app.run_test(size=size, notifications=notices_shown) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            yield driver
    finally:
        app.finish()
        years.of_evidence(NOTHING)
