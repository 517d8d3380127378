"""The way through the sample incident by keys and mouse, as somebody with a question goes it."""

from __future__ import annotations

import json

import pytest
from textual.widgets import TabbedContent

from tests.evidence_files import shared
from tests.tui.driving import API, IMPLANT, MIDDLE, NARROW, driving
from tests.tui.walking import SAM, down_and_back, to_activity, to_implant
from tui.screens.activity import ActivityScreen
from tui.screens.principal import PrincipalScreen
from tui.screens.push import PushScreen
from tui.screens.raw import RawScreen
from tui.screens.repositories import RepositoriesScreen
from tui.widgets.breadcrumb import Breadcrumb
from tui.widgets.json_view import JsonView

STOLEN = "198.51.100.77"
SESSION = "arn:aws:sts::111122223333:assumed-role/ci-push/1773012388"


@pytest.mark.parametrize("size", [NARROW, MIDDLE])
async def test_down_to_the_raw_record_and_back_to_the_same_places(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await down_and_back(driver)


async def test_breadcrumb_says_the_way_and_leads_back() -> None:
    async with driving() as driver:
        await to_activity(driver)
        await driver.press("enter")
        expected = "Repositories › team/api › prod › activity: sam.sre › record"
        assert driver.part("#crumbs").strip() == expected
        crumbs = driver.screen.query_one("#crumbs", Breadcrumb)
        await driver.click(crumbs, crumbs.content_offset.x + expected.index("prod"))
        driver.on(PushScreen)
        assert driver.part("#crumbs").strip() == "Repositories › team/api › prod"
        crumbs = driver.screen.query_one("#crumbs", Breadcrumb)
        await driver.click(crumbs, crumbs.content_offset.x + 1)
        driver.on(RepositoriesScreen)


async def test_first_screen_lists_the_repositories_with_their_last_push() -> None:
    async with driving() as driver:
        assert await driver.total() == 9
        same_name = [row["repository"] for row in await driver.rows()]
        assert [name for name in same_name if name.endswith("/team/api")] == [
            API,
            "444455556666/eu-west-1/team/api",
        ]
        shown = driver.part("#repositories")
        assert "1111…3333/us-east-1/team/api" in shown
        assert "4444…6666/eu-west-1/team/api" in shown
        await driver.go_to(repository=API)
        assert driver.facts("#preview")["repository"] == API


async def test_push_says_what_was_replaced_and_who_stands_behind_it() -> None:
    async with driving(size=NARROW) as driver:
        await to_implant(driver)
        marked = next(line for line in driver.text().splitlines() if "▸" in line)
        assert "●" in marked
        assert "moved tag" in marked
        await driver.press("enter")
        facts = driver.facts("#facts")
        assert facts["replaced"].startswith("sha256:69bb94")
        assert "2026-03-06 14:05:33" in facts["replaced"]
        assert [line.split()[-2:] for line in facts["chain"].splitlines()] == [
            ["sam.sre", "AKIAURNFBJC6SEXAMPLE"],
            ["jump/sam.sre", "ASIA3KPOKLR27EXAMPLE"],
            ["ci-push/1773012388", "ASIAHDB75CKWIEXAMPLE"],
        ]
        assert STOLEN in facts["login"]
        # Every character is on the screen, none under the scrollbar.
        assert IMPLANT in "".join(driver.part("#facts").split())


async def test_layers_of_the_implant_are_the_old_ones_and_one_more() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("enter", "2")
        kept = [row["against_previous"] for row in await driver.rows()]
        assert kept == ["kept"] * 8 + ["new"]
        await driver.press("3")
        names = [row["event_name"] for row in await driver.rows()]
        assert "PutImage" in names
        await driver.go_to(event_name="PutImage")
        await driver.press("enter")
        driver.on(RawScreen)
        await driver.press("escape", "4")
        pulls = await driver.rows()
        assert pulls
        assert all(row["event_time"] > pulls[0]["event_time"] for row in pulls[1:])
        await driver.press("1", "b")
        assert driver.facts("#facts")["digest"].startswith("sha256:69bb94")


async def test_tab_key_and_mouse_go_round_the_tabs() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("enter")
        tabs = driver.on(PushScreen).query_one("#tabs", TabbedContent)
        seen = []
        for _ in range(7):
            seen.append(tabs.active)
            await driver.press("tab")
        assert seen == ["image", "layers", "records", "pulls", "ran", "logins", "image"]
        await driver.press("escape", "u")
        tabs = driver.on(PrincipalScreen).query_one("#tabs", TabbedContent)
        seen = []
        for key in "4321":
            await driver.press(key)
            seen.append(tabs.active)
        assert seen == ["pushed", "used", "sessions", "who"]


async def test_user_shows_both_chains_and_what_they_used() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("u")
        facts = driver.facts("#facts")
        assert facts["who"] == SAM
        assert STOLEN in facts["addresses"]
        assert API in facts["pushed to"]
        await driver.press("2")
        sessions = [row["principal"] for row in await driver.rows()]
        assert sum("/jump/" in name for name in sessions) == 2
        assert sum("/ci-push/" in name for name in sessions) == 2
        await driver.go_to(principal=SESSION)
        await driver.press("enter")
        assert driver.said("#scope").startswith("session ci-push/")
        await driver.press("escape", "3")
        await driver.go_to(kind="address", value=STOLEN)
        await driver.press("enter")
        assert f"address {STOLEN}" in driver.said("#scope")
        await driver.press("escape", "4")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("enter")
        assert driver.facts("#facts")["digest"] == IMPLANT


async def test_evidence_tells_the_missing_day_and_the_logging_changes() -> None:
    async with driving() as driver:
        await driver.press("e")
        facts = driver.facts("#totals")
        assert "no events from 444455556666 eu-west-1 between 2026-03-04 16:07" in facts["note"]
        assert "DeleteTrail" in facts["note"]
        assert "StopLogging" in facts["note"]
        assert "3,074 events" in facts["read"]
        statuses = {row["status"] for row in await driver.rows()}
        assert statuses == {"read", "skipped"}
        await driver.press("/")
        await driver.write("digest")
        assert {row["status"] for row in await driver.rows()} == {"skipped"}
        assert "1 gap, 2 logging changes" in driver.part("#status")


async def test_principals_lists_everyone_and_leads_on() -> None:
    async with driving() as driver:
        await driver.press("p")
        names = [row["identity_arn"] for row in await driver.rows()]
        assert SAM in names
        assert any(name.endswith(":user/lee.dev") for name in names)
        await driver.go_to(identity_arn=SAM)
        assert driver.facts("#preview")["principal"] == SAM
        await driver.press("enter")
        assert driver.facts("#facts")["who"] == SAM


async def test_logs_without_a_registry_say_what_is_there_instead() -> None:
    folder = shared("data", "invictus-aws_dataset")
    async with driving(folder) as driver:
        driver.on(RepositoriesScreen)
        assert await driver.total() == 0
        shown = driver.part("#repositories")
        assert "no registry event among" in shown
        assert f"{driver.app.case.totals['events']:,}" in shown
        assert "p lists who acted" in shown
        await driver.press("p")
        assert await driver.total() > 1
        await driver.press("enter", "a")
        driver.on(ActivityScreen)
        assert await driver.total() > 0
        await driver.press("enter")
        assert json.loads(driver.screen.query_one(JsonView).selected_value)  # type: ignore[arg-type]
