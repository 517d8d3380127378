"""Back and forward over screens, and pivots to everything with a value."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from tests.tui.driving import API, IMPLANT, driving
from tui.dialogs import Picker
from tui.screens.activity import ActivityScreen
from tui.screens.push import PushScreen
from tui.screens.pushes import PushesScreen
from tui.screens.raw import RawScreen
from tui.screens.repositories import RepositoriesScreen
from tui.screens.search import SearchScreen


@pytest.mark.parametrize(("back", "ahead"), [("alt+left", "alt+right"), ("<", ">")])
async def test_forward_leads_to_the_same_places_again(back: str, ahead: str) -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.press("/")
        await driver.write("prod")
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("enter", "2", "j", "j")
        layer = driver.row
        await driver.press("a", "w", "j", "j", "j")
        event, shown = driver.row.key, driver.said("#scope")
        await driver.press("enter")
        driver.on(RawScreen)
        await driver.press(back, back, back, back)
        driver.on(RepositoriesScreen)
        await driver.press(back)  # nothing before
        await driver.press(ahead)
        driver.on(PushesScreen)
        # The filter was kept, and the cursor.
        assert driver.row["image_digest"] == IMPLANT
        assert driver.table.question is not None
        assert driver.table.question.needle == "prod"
        await driver.press(ahead)
        driver.on(PushScreen)
        assert driver.row.key == layer.key
        await driver.press(ahead)
        driver.on(ActivityScreen)
        assert (driver.row.key, driver.said("#scope")) == (event, shown)
        await driver.press(ahead)
        driver.on(RawScreen)
        await driver.press(ahead)  # nothing after
        driver.on(RawScreen)
        assert driver.part("#crumbs").count("›") == 4


async def test_another_way_forgets_what_lay_ahead() -> None:
    async with driving() as driver:
        await driver.press("enter", "escape", "p", ">")
        assert driver.screen.segment == "Principals"
        await driver.press("escape", ">")
        assert driver.screen.segment == "Principals"


async def test_pivots_offer_ids_names_of_sessions_agents_and_resources() -> None:
    async with driving(start_at="ASIAHDB75CKWIEXAMPLE") as driver:
        offered = {}
        for column in ("event_time", "target", "principal", "source_ip_address"):
            await driver.press("home", *["h"] * 9)
            await driver.go_to(
                event_name="GetCallerIdentity" if column.endswith("ess") else "PutImage"
            )
            await driver.to_column(column)
            await driver.press("x")
            options = driver.on(Picker).query_one(OptionList).options
            offered[column] = " ".join(str(option.prompt) for option in options)
            await driver.press("escape")
        assert "request id" in offered["event_time"]
        assert "resource arn" in offered["target"]
        assert "image tag" in offered["target"]
        assert "1773012388  session name" in offered["principal"]
        assert "client" in offered["source_ip_address"]


async def test_the_name_of_a_session_finds_all_that_it_did() -> None:
    async with driving(start_at="ASIAHDB75CKWIEXAMPLE") as driver:
        await driver.to_column("principal")
        await driver.press("x")
        await driver.write("session")
        await driver.press("enter", "L")
        driver.on(ActivityScreen)
        assert {row["principal"].rsplit("/")[-1] for row in await driver.rows()} == {"1773012388"}
        assert await driver.total() == 55


async def test_what_no_field_holds_is_searched_in_the_raw_records() -> None:
    async with driving(start_at="ASIAHDB75CKWIEXAMPLE") as driver:
        await driver.press("enter", "/")
        await driver.write("eventVersion")
        await driver.press("enter", "x")
        driver.on(ActivityScreen)
        assert "looks for it in the raw records" in driver.text()
        await driver.press("ctrl+f")
        driver.on(SearchScreen)
        assert await driver.total() > 1000
