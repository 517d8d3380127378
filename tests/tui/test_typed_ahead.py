"""Keys typed faster than screens open, by a fast hand or a paste: each is for the screen that the
keys before it lead to, however late that comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from queries.case import Case
from queries.errors import InvestigationError
from queries.progress import CancelToken
from queries.question import Question
from tests.tui.driving import API, Driver, driving
from tests.tui.test_race import stack
from tui import typed_ahead
from tui.dialogs import Picker
from tui.question_table import QuestionTable
from tui.screens.activity import ActivityScreen
from tui.screens.principals import PrincipalsScreen
from tui.screens.push import PushScreen
from tui.screens.pushes import PushesScreen
from tui.screens.repositories import RepositoriesScreen
from tui.screens.versus import VersusScreen
from tui.widgets.paged_table import Row

SHORT = 0.05
"""Seconds; every other test has the patience of `tests/tui/conftest.py`."""


class Gate:
    """Answers are held back until it opens."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.open = threading.Event()


@contextmanager
def held_back() -> Iterator[Gate]:
    """The rows of all tables are late."""
    gate, ask = Gate(), QuestionTable.rows_of

    def late(table: QuestionTable, page: Question, case: Case, cancel: CancelToken) -> list[Row]:
        gate.asked.set()
        gate.open.wait()
        return ask(table, page, case, cancel)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(QuestionTable, "rows_of", late)
        try:
            yield gate
        finally:
            gate.open.set()


def waiting(driver: Driver) -> int:
    """How many keys wait for what the screen in front does not have yet. Before it is known that
    they must, as many may be on their way: what is pressed then takes its turn behind them."""
    front = driver.app._front
    must = front is not None and (front.filling or front.opening_since is not None)
    return len(driver.app._waiting) if must else 0


async def test_what_follows_enter_is_for_the_screen_that_opens() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        driver.send("enter", "j", "j", "enter", "2", "escape", "k", "x", *"docker", "escape")
        await driver.settle()
        assert stack(driver) == [RepositoriesScreen, PushesScreen]
        assert driver.table.cursor_row == 1
        driver.send("enter", "escape", "escape", "E", "w", "/", *"sam")
        await driver.settle()
        assert stack(driver) == [RepositoriesScreen, ActivityScreen]
        assert "writes only" in driver.said("#scope")
        assert driver.table.question is not None
        assert driver.table.question.needle == "sam"


async def test_they_wait_for_a_row_that_is_late() -> None:
    async with driving() as driver:
        with held_back() as gate:
            driver.send("/", *"team/api", "enter", "enter", "j", "enter")
            await driver.until(lambda: gate.asked.is_set() and waiting(driver) == 3)
            assert stack(driver) == [RepositoriesScreen]
            assert driver.table.cursor_row == 0
            gate.open.set()
            await driver.settle()
            assert stack(driver) == [RepositoriesScreen, PushesScreen, PushScreen]
            await driver.press("escape")
            assert driver.on(PushesScreen).segment == "team/api"
            assert driver.table.cursor_row == 1


async def test_escape_takes_the_opening_back_and_what_was_typed_for_it() -> None:
    async with driving() as driver:
        with held_back() as gate:
            driver.send("/", *"team", "enter", "enter", "j", "j")
            await driver.until(lambda: gate.asked.is_set() and waiting(driver) == 3)
            driver.send("escape")
            await driver.until(lambda: not driver.app.obeying)
            gate.open.set()
            await driver.settle()
            assert stack(driver) == [RepositoriesScreen]
            assert driver.table.cursor_row == 0
            assert driver.table.question is not None
            assert driver.table.question.needle == "team"
            await driver.press("j", "enter")
            assert stack(driver) == [RepositoriesScreen, PushesScreen]


async def test_who_has_seen_that_nothing_opens_types_for_what_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(typed_ahead, "PATIENCE", SHORT)
    async with driving() as driver:
        with held_back() as gate:
            driver.send("/", *"team", "enter", "enter", "R", "p")
            await driver.until(
                lambda: driver.table.opening_since is not None and waiting(driver) == 2
            )
            await driver.pilot.pause(2 * SHORT)
            driver.send("j")
            await driver.until(lambda: not driver.app.obeying)
            gate.open.set()
            await driver.settle()
            assert stack(driver) == [RepositoriesScreen]
            assert driver.table.cursor_row == 1


async def test_they_wait_for_an_answer_that_says_what_opens() -> None:
    async with driving() as driver:
        driver.send("p", "j", "c", *"lee.dev", "enter", "n", *"sam.sre", "enter", "n")
        await driver.settle()
        driver.on(Picker)
        await driver.press("escape")
        driver.on(VersusScreen)
        assert "beside sam.sre" in driver.part("#crumbs")
        await driver.press("escape")
        assert driver.table.cursor_row == 1
        assert driver.on(PrincipalsScreen).table is driver.table


async def test_what_was_typed_for_a_screen_that_does_not_open_is_obeyed_by_none() -> None:
    def fails(case: Case, cancel: CancelToken) -> None:
        asked.set()
        answer.wait()
        raise InvestigationError("it is not there")

    asked, answer = threading.Event(), threading.Event()
    async with driving() as driver:
        screen = driver.on(RepositoriesScreen)
        driver.send("j")
        screen.ask("asked", fails, lambda nothing: None, opens=True)
        driver.send("j", "p")
        await driver.until(lambda: asked.is_set() and waiting(driver) == 2)
        answer.set()
        await driver.settle()
        assert driver.notices == ["it is not there"]
        assert stack(driver) == [RepositoriesScreen]
        assert driver.table.cursor_row == 1


async def test_the_program_ends_at_once_however_late_a_screen_is() -> None:
    async with driving() as driver:
        with held_back() as gate:
            driver.send("/", *"team", "enter", "enter", "j")
            await driver.until(lambda: gate.asked.is_set() and waiting(driver) == 2)
            driver.send("ctrl+c")
            await driver.until(lambda: driver.app.return_code is not None)
    assert driver.app.return_code == 0
