"""The window of time on every screen: it narrows what is shown, or the line on top says that it
does not."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.tui.driving import API, IMPLANT, WIDE, driving
from tui.dialogs import Picker
from tui.screens.activity import ActivityScreen
from tui.screens.places import TITLES
from tui.screens.principal import PrincipalScreen
from tui.screens.push import PushScreen
from tui.window import Window

NIGHT = Window(datetime(2026, 3, 8, 23, 50), datetime(2026, 3, 9, 0, 0))
NOT_HERE = "here all of the time"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_each_place_follows_the_window_or_says_that_it_does_not(
    size: tuple[int, int],
) -> None:
    async with driving(size=size) as driver:
        driver.app.set_window(NIGHT)
        await driver.settle()
        says = {}
        for place in TITLES:
            driver.screen.action_go(place)
            await driver.settle()
            status = driver.part("#status")
            assert "⧗ only 03-08 23:50" in status
            says[place] = NOT_HERE in status
            assert says[place] is not driver.screen.follows_window()
        follows = {place for place, all_of_it in says.items() if not all_of_it}
        assert {"repositories", "pushes", "where", "principals", "keys", "events"} <= follows
        assert {"addresses", "resources", "images", "timeline", "marked"} <= follows
        assert {"search", "sql", "evidence"} <= set(says) - follows


async def test_what_somebody_did_is_that_of_the_window() -> None:
    async with driving(size=WIDE) as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("enter")
        driver.on(PushScreen)
        driver.app.set_window(NIGHT)
        await driver.settle()
        assert NOT_HERE in driver.part("#status")
        await driver.press("u")
        driver.on(PrincipalScreen)
        facts = driver.facts("#facts")
        assert NOT_HERE not in driver.part("#status")
        assert facts["narrowed"].startswith("only 03-08 23:50")
        assert facts["seen"].startswith("2026-03-08 23:50")
        of_the_window = facts["did"]
        await driver.press("2")
        assert NOT_HERE in driver.part("#status")
        await driver.press("4")
        assert NOT_HERE not in driver.part("#status")
        assert await driver.total() == 2  # the refused try, and the push
        await driver.press("1", "W")
        facts = driver.facts("#facts")
        assert "narrowed" not in facts
        assert facts["did"].startswith("141 events")
        assert facts["did"] != of_the_window


async def test_counts_to_filter_by_are_those_of_the_window() -> None:
    async with driving() as driver:
        driver.app.set_window(NIGHT)
        await driver.press("E", "F", "enter")
        driver.on(Picker)
        narrow = driver.text()
        await driver.press("escape")
        driver.on(ActivityScreen)
        inside = [
            row for row in await driver.rows() if NIGHT.since <= row["event_time"] < NIGHT.until
        ]
        assert await driver.total() == len(inside)
        services = {row["event_source"] for row in inside}
        for service in ("kms", "logs", "ecr"):
            there = any(source.startswith(f"{service}.") for source in services)
            assert (f" {service}.amazonaws.com" in narrow) is there


async def test_the_bars_of_repositories_are_those_of_the_window() -> None:
    async with driving(size=WIDE) as driver:
        await driver.go_to(repository=API)
        whole = driver.row["activity"]
        driver.app.set_window(NIGHT)
        await driver.settle()
        await driver.go_to(repository=API)
        assert sum(driver.row["activity"]) == driver.row["pushes"] == 1
        assert sum(whole) > 20
