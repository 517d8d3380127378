"""The same way through the same incident, whoever answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from queries.engines.athena import AthenaOptions
from queries.engines.extent import Extent
from queries.engines.opening import Choice
from tests.engines.athena_stand import DATABASE, REGION, WORK_GROUP
from tests.tui.driving import API, WIDE, driving
from tests.tui.walking import SAM, down_and_back, to_activity
from tui.screens.sql import SqlScreen

DAYS = Extent((), (), date(2026, 3, 1), date(2026, 3, 12))


@pytest.fixture(params=["duckdb", "spark", "athena"])
def engine(request: pytest.FixtureRequest, converted_folder: Path) -> Choice:
    """What `--engine` says. Over the evidence itself, tests/tui goes the same way."""
    name = str(request.param)
    if name == "athena":
        path: str = request.getfixturevalue("athena_path")[0]
        options = AthenaOptions(DATABASE, WORK_GROUP, region=REGION)
        return Choice(name, path, DAYS, {"options": options})
    settings = {}
    if name == "spark":
        settings = {"address": request.getfixturevalue("spark_address")}
        request.getfixturevalue("folder_in_memory")
    extent = DAYS if name == "spark" else Extent()
    return Choice(name, str(converted_folder), extent, settings)


async def test_down_to_the_raw_record_and_back(engine: Choice) -> None:
    async with driving(engine=engine, size=WIDE) as driver:
        assert await driver.total() == 9
        await down_and_back(driver)


async def test_filter_sort_and_page(engine: Choice) -> None:
    async with driving(engine=engine, size=WIDE) as driver:
        await to_activity(driver)
        everything = await driver.total()
        await driver.press("slash")
        await driver.write("putimage")
        await driver.press("enter")
        assert all("putimage" in row["event_name"].lower() for row in await driver.rows())
        assert 0 < await driver.total() < everything
        await driver.press("escape")
        assert await driver.total() == everything
        await driver.press("G")
        last = driver.row["event_time"]
        await driver.press("g")
        assert driver.row["event_time"] < last
        await driver.press("r")
        assert any("convert the evidence again" in notice for notice in driver.notices)


async def test_statements_of_ones_own(engine: Choice) -> None:
    async with driving(engine=engine, size=WIDE) as driver:
        await driver.press("Q")
        driver.on(SqlScreen)
        await driver.write(f"SELECT count(*) AS n FROM pushes WHERE repository = '{API}'")
        await driver.press("enter")
        assert [row["n"] for row in await driver.rows()] == [29]


@pytest.mark.parametrize("engine", ["duckdb", "athena"], indirect=True)
async def test_starting_at_a_person(engine: Choice) -> None:
    async with driving(engine=engine, size=WIDE, start_at="sam.sre") as driver:
        assert driver.facts("#facts")["who"] == SAM
