"""Somebody faster than the answers: the last choice is what is shown, and nothing else goes on."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest
from textual.widgets import Input

from queries.case import Case
from queries.errors import Cancelled
from queries.progress import CancelToken
from queries.scope import VALUE, Scope, locate
from tests.tui.driving import API, Driver, driving
from tui.screens import activity
from tui.screens.activity import ActivityScreen
from tui.screens.base import CaseScreen
from tui.screens.push import PushScreen
from tui.screens.pushes import PushesScreen
from tui.screens.repositories import RepositoriesScreen

ENDLESS = (
    "SELECT count(*) FROM events AS a, events AS b, events AS c, events AS d"
    " WHERE a.event_id || b.event_id <> c.event_id || d.event_id"
)


async def shows_what_it_was_asked(driver: Driver) -> None:
    """The table holds the rows of its own question, and of no other."""
    await driver.settle()
    expected = await driver.rows()
    table = driver.table
    assert await driver.total() == len(expected)
    question = table.question
    assert question is not None
    keys = [tuple(row[name] for name in question.statement.key) for row in expected]
    if keys:
        assert driver.row.key == keys[table.cursor_row]
    first = table.scroll_offset.y
    for at in range(first, min(len(keys), first + table.size.height - 1)):
        table.move_cursor(at)
        assert driver.row.key == keys[at]


def stack(driver: Driver) -> list[type[CaseScreen]]:
    return [type(s) for s in driver.app.screen_stack if isinstance(s, CaseScreen)]


@pytest.mark.parametrize("waiting", [False, True])
async def test_enter_escape_and_filter_on_every_row_without_waiting(waiting: bool) -> None:
    async with driving() as driver:
        for turn in range(9):
            driver.send("g", *"j" * turn, "enter", "escape", "j", "enter", "/", *"prod")
            driver.send("escape", "escape", "escape")
            if waiting:
                await driver.pilot.pause(0)  # some answers arrive, some do not
        if not waiting:
            await driver.settle()
            assert stack(driver) == [RepositoriesScreen]
            assert driver.table.cursor_row == 8
        # Escape takes back what waits for an answer. Wherever that has led, what is shown is what
        # was asked there; and there is a way back.
        for _ in range(10):
            await shows_what_it_was_asked(driver)
            box = driver.screen.query_one("#filter", Input)
            assert driver.table.question is not None
            assert driver.table.question.needle in ("", box.value)
            if stack(driver) == [RepositoriesScreen] and not driver.table.question.needle:
                break
            await driver.press("escape")
        assert stack(driver) == [RepositoriesScreen]
        assert await driver.total() == 9
        await driver.go_to(repository=API)
        driver.send("enter")
        await driver.settle()
        assert driver.on(PushesScreen).segment == "team/api"
        await shows_what_it_was_asked(driver)
        assert driver.notices == []


async def test_letters_typed_ahead_of_the_filter_are_no_commands() -> None:
    async with driving() as driver:
        driver.send("/", *"quep", "enter")
        await driver.settle()
        assert driver.app.is_running
        assert stack(driver) == [RepositoriesScreen]
        assert driver.table.question is not None
        assert driver.table.question.needle == "quep"
        assert driver.table.has_focus


async def test_keys_typed_after_a_filter_reach_the_table() -> None:
    async with driving() as driver:
        driver.send("/", *"team/api", "enter", "enter")
        await driver.settle()
        assert stack(driver) == [RepositoriesScreen, PushesScreen]
        await driver.press("escape", "escape")
        driver.send("/", *"team", "enter", "G")
        await driver.settle()
        assert driver.table.question is not None
        assert driver.table.question.needle == "team"
        assert driver.screen.query_one("#filter", Input).value == "team"


@pytest.mark.parametrize("row", [405, 590, 801])
async def test_what_is_fetched_ahead_takes_nothing_away_from_what_is_shown(row: int) -> None:
    """A jump into the middle of a list wants several of its pages at once."""
    async with driving() as driver:
        await driver.press("E")
        table = driver.table
        assert await driver.total() > 1000
        for at in (row, row + 200):
            table.move_cursor(at)
            await driver.settle()
            await shows_what_it_was_asked(driver)


async def test_filters_chosen_before_it_is_known_where_a_value_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = threading.Event()

    def slowly(scope: Scope, case: Case, cancel: CancelToken | None = None) -> Scope:
        known.wait()
        return locate(scope, case, cancel)

    monkeypatch.setattr(activity, "locate", slowly)
    async with driving() as driver:
        screen = ActivityScreen(Scope(VALUE, "198.51.100.77"))
        driver.screen.open_screen(screen)
        await driver.until(lambda: driver.app.screen is screen and screen.is_mounted)
        screen.action_only("failures")
        screen.window_changed()
        screen.action_to_push()
        screen._pick_value("service")
        known.set()
        await driver.settle()
        assert "failures only" in driver.said("#scope")
        rows = await driver.rows()
        assert rows
        assert all(row["outcome"] != "ok" for row in rows)
        await shows_what_it_was_asked(driver)


async def test_last_filter_typed_is_the_one_that_counts() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        for text in ("prod", "main", "sam", "nothing", "1.18"):
            driver.send("/", *["backspace"] * 10, *text)
        await driver.settle()
        assert driver.table.question is not None
        assert driver.table.question.needle == "1.18"
        await shows_what_it_was_asked(driver)
        assert all("1.18" in row["image_tags"] for row in await driver.rows())


async def test_filters_and_scopes_changed_faster_than_answered() -> None:
    async with driving() as driver:
        await driver.press("E")
        driver.send(*"wfwfLLw", "s", "s", "escape")
        await driver.settle()
        said = driver.said("#scope")
        assert "writes only" in said
        assert "failures only" not in said
        assert all(row["is_write"] for row in await driver.rows())
        await shows_what_it_was_asked(driver)


async def test_two_enters_open_one_screen_and_one_in_it() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        driver.send("enter", "enter")
        await driver.settle()
        assert stack(driver) == [RepositoriesScreen, PushesScreen, PushScreen]


async def test_screens_opened_and_left_in_one_breath() -> None:
    async with driving() as driver:
        for _ in range(4):
            driver.send("E", "escape", "p", "escape", "e", "escape", "?", "escape", "v", "escape")
        await driver.settle()
        assert stack(driver) == [RepositoriesScreen]
        await driver.press("E")
        driver.on(ActivityScreen)
        await shows_what_it_was_asked(driver)


class Slow:
    """A question that would run for days, and what became of it."""

    def __init__(self) -> None:
        self.token: CancelToken | None = None
        self.started = threading.Event()
        self.stopped = threading.Event()
        self.delivered: list[Any] = []

    def work(self, case: Case, token: CancelToken) -> object:
        self.token = token
        self.started.set()
        try:
            return case.ask(ENDLESS, None, token)
        except Cancelled:
            self.stopped.set()
            raise

    async def wait(self, driver: Driver, event: threading.Event) -> None:
        await driver.until(event.is_set)


async def test_newer_question_interrupts_the_older_and_its_answer_is_dropped() -> None:
    async with driving() as driver:
        slow = Slow()
        answers: list[int] = []
        driver.screen.ask("slot", slow.work, slow.delivered.append)
        await slow.wait(driver, slow.started)
        assert driver.screen.busy
        driver.screen.ask("slot", lambda case, token: 42, answers.append)
        assert slow.token is not None
        assert slow.token.cancelled
        await slow.wait(driver, slow.stopped)  # DuckDB itself has stopped
        await driver.settle()
        assert answers == [42]
        assert slow.delivered == []


def at_once(number: int, case: Case, token: CancelToken) -> int:
    return number


async def test_answer_that_was_already_on_its_way_is_dropped_too() -> None:
    async with driving() as driver:
        answers: list[int] = []
        for number in range(50):
            driver.screen.ask("slot", partial(at_once, number), answers.append)
        await driver.settle()
        assert answers == [49]


async def test_leaving_a_screen_interrupts_what_it_asked() -> None:
    async with driving() as driver:
        await driver.press("E")
        slow = Slow()
        driver.screen.ask("slot", slow.work, slow.delivered.append)
        await slow.wait(driver, slow.started)
        driver.send("escape")
        await slow.wait(driver, slow.stopped)
        await driver.settle()
        driver.on(RepositoriesScreen)
        assert slow.delivered == []


async def test_quitting_does_not_wait_for_a_question() -> None:
    slow = Slow()
    async with driving() as driver:
        driver.screen.ask("slot", slow.work, slow.delivered.append)
        await slow.wait(driver, slow.started)
        driver.send("q")
        await driver.until(lambda: driver.app.return_code is not None)
    assert slow.stopped.is_set()
    assert driver.app.return_code == 0
    assert slow.delivered == []


async def test_quitting_while_a_screen_opens_is_no_error() -> None:
    async with driving() as driver:
        driver.send("p")
        for _ in range(5):
            await asyncio.sleep(0)  # it is asked for, and its widgets are not there yet
