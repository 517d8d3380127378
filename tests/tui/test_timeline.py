"""The timeline: moments in lanes, zoom, zones, and the window that narrows every screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from queries.errors import WrongUsage
from queries.question import ask_for
from queries.timeline import Moment, lanes, moments
from tests.tui.driving import API, Driver, driving
from tui.screens.findings import FindingsScreen
from tui.screens.push import PushScreen
from tui.screens.timeline import TimelineScreen, lane_names, zone_of
from tui.widgets.lane_chart import LaneChart
from tui.window import Window

SAM = "arn:aws:iam::444455556666:user/sam.sre"


@asynccontextmanager
async def timeline(size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Driver, LaneChart]]:
    """The timeline of the sample incident, once the rules are through."""
    async with driving(size=size) as driver:
        await driver.press("T")
        await driver.until(lambda: not driver.app.rules.running)
        await driver.settle()
        yield driver, driver.on(TimelineScreen).query_one(LaneChart)


async def test_lanes_moments_and_what_they_open() -> None:
    async with timeline() as (driver, chart):
        assert SAM in chart.names
        found = driver.app.rules.found
        assert found is not None
        assert len(chart.moments) == len(found.findings)
        # Walking goes through all of time, forward and back.
        seen = [chart.when]
        for _ in range(len(chart.moments)):
            await driver.press("n")
            if chart.when == seen[-1] and not chart.under:
                break
            seen.append(chart.when)
        assert chart.under
        assert chart.moments[-1].when - chart.when < timedelta(hours=2)
        implant = next(m for m in chart.moments if m.push_key is not None and m.lane == SAM)
        chart.go_to(implant)
        for _ in range(12):
            await driver.press("+")
        chart.go_to(implant)
        await driver.settle()
        assert implant in chart.under
        assert f"{implant.when:%Y-%m-%d %H:%M:%S} UTC" in str(driver.facts("#preview"))
        await driver.press("t")
        assert "+0" in driver.text()
        only = [moment for moment in chart.under if moment.event_key is not None]
        await driver.press("enter")
        if len(only) > 1:
            await driver.press("enter")
        driver.on(PushScreen)
        # Names of wide characters leave the lanes where they are.
        names = [["配布用の役割", "dana"][number % 2] for number in range(len(chart.names))]
        chart.name_of = dict(zip(chart.names, names, strict=True)).__getitem__
        begins = [chart.render_line(2 + at).crop(0, 13).text for at in range(len(names))]
        assert begins == [{"dana": "dana" + " " * 9}.get(name, f"{name} ") for name in names]


def test_principals_that_are_called_alike_are_told_apart_by_their_account() -> None:
    here, there = (f"arn:aws:iam::{number}:user/sam" for number in ("111122223333", "444455556666"))
    lee = "arn:aws:iam::111122223333:user/lee"
    assert lane_names([here, there, lee]) == {
        here: "1111…3333 sam",
        there: "4444…6666 sam",
        lee: "lee",
    }


async def test_another_time_zone_stands_beside_utc() -> None:
    async with timeline() as (driver, chart):
        await driver.press("z")
        await driver.write("Asia/Kolkata")
        await driver.press("enter")
        utc = chart.under[0].when
        told = str(driver.facts("#preview"))
        assert f"{utc:%H:%M:%S} UTC" in told
        assert f"{utc + timedelta(hours=5, minutes=30):%H:%M:%S} Asia/Kolkata" in told
        await driver.press("z")
        await driver.write("Moon/Crater")
        await driver.press("enter")
        assert "not a time zone" in driver.notices[-1]


async def test_a_brush_narrows_every_screen_until_it_is_cleared() -> None:
    async with timeline() as (driver, chart):
        await driver.press("escape")
        pushes = ask_for("pushes", repository=API)
        every = len(driver.app.case.ask(pushes.sql, pushes.bound).rows)
        await driver.press("T")
        start = datetime(2026, 3, 8, 23)
        chart = driver.on(TimelineScreen).query_one(LaneChart)
        chart._choose(start, start + timedelta(hours=2))
        await driver.settle()
        assert "only 03-08 23:00–03-09 01:00 (W: all)" in driver.part("#status")
        await driver.press("R")
        await driver.go_to(repository=API)
        await driver.press("enter")
        inside = await driver.total()
        assert 0 < inside < every
        await driver.press("E")
        assert "only" in driver.part("#status")
        times = [
            row["event_time"]
            for row in driver.app.case.ask(
                driver.screen.narrowed(driver.table.question).sql,  # type: ignore[arg-type]
                driver.screen.narrowed(driver.table.question).bound,  # type: ignore[arg-type]
            ).dicts()
        ]
        assert min(times) >= start
        assert max(times) < start + timedelta(hours=2, seconds=1)
        assert await driver.total() == len(times)
        await driver.press("i")
        driver.on(FindingsScreen)
        narrowed = await driver.total()
        await driver.press("W")
        assert await driver.total() > narrowed
        assert "only" not in driver.part("#status")
        await driver.press("escape", "escape")
        assert await driver.total() == every


async def test_keys_and_mouse_brush_zoom_and_pan() -> None:
    async with timeline() as (driver, chart):
        whole = chart.view
        await driver.press("+")
        assert (chart.view[1] - chart.view[0]) * 2 == whole[1] - whole[0]
        before = chart.view
        await driver.press(".")
        assert chart.view[0] > before[0]
        await driver.press(",")
        assert abs(chart.view[0] - before[0]) < timedelta(seconds=1)
        await driver.press("0")
        assert chart.view == whole
        await driver.press("[", *["l"] * 9, "]")
        window = driver.app.window
        assert window is not None
        assert window.since < window.until
        await driver.press("\\")
        assert driver.app.window is None
        await driver.pilot.mouse_down(chart, offset=(60, 3))
        await driver.pilot.hover(chart, offset=(80, 3))
        await driver.pilot.mouse_up(chart, offset=(80, 3))
        await driver.settle()
        assert driver.app.window is not None


async def test_marks_are_moments_too() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter", "M")
        when = driver.row["event_time"]
        await driver.press("T")
        chart = driver.on(TimelineScreen).query_one(LaneChart)
        await driver.until(lambda: any(moment.kind == "mark" for moment in chart.moments))
        assert when in [moment.when for moment in chart.moments if moment.kind == "mark"]
        await driver.press("U")


def test_a_window_narrows_within_what_was_asked() -> None:
    window = Window(datetime(2026, 3, 2), datetime(2026, 3, 4))
    asked = ask_for("pushes", since=datetime(2026, 3, 3))
    narrowed = window.narrow(asked)
    assert narrowed.parameters["since"] == datetime(2026, 3, 3)
    assert narrowed.parameters["until"] == datetime(2026, 3, 4)
    one = ask_for("push", push_key=1)
    assert window.narrow(one) is one


def test_lanes_come_in_the_order_of_their_first_moment() -> None:
    def row(minute: int, who: str | None) -> dict[str, object]:
        when = datetime(2026, 3, 1, 0, minute)
        return {
            "event_time": when, "origin": who, "principal": None, "severity": "high",
            "title": "t", "event_key": 1, "push_key": None,
        }  # fmt: skip

    found = moments(
        [row(5, "b"), row(1, "a"), row(3, None), {**row(0, "x"), "event_time": None}], []
    )
    assert [moment.when.minute for moment in found] == [1, 3, 5]
    assert lanes(found) == ["a", "(nobody named)", "b"]
    assert isinstance(found[0], Moment)


def test_zones() -> None:
    assert zone_of("utc") is UTC
    assert zone_of("+05:30").utcoffset(None) == timedelta(hours=5, minutes=30)
    assert zone_of("local") is not None
    for wrong in ("nowhere", "+99:00", "../etc/passwd"):
        with pytest.raises(WrongUsage):
            zone_of(wrong)
