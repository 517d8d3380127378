"""Who was behind the implant: chain, blast radius, what was created, two side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evidence_files import trail, write
from tests.tui.driving import API, IMPLANT, MIDDLE, NARROW, driving
from tests.tui.test_hostile import CONTROL, MARKUP, NESTED, attacked, check
from tui.dialogs import Picker
from tui.screens.activity import ActivityScreen
from tui.screens.behind import BehindScreen
from tui.screens.principal import PrincipalScreen
from tui.screens.raw import RawScreen
from tui.screens.versus import VersusScreen

SAM = "arn:aws:iam::444455556666:user/sam.sre"


@pytest.mark.parametrize("size", [NARROW, MIDDLE])
async def test_from_the_push_to_all_that_its_origin_did(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("enter", "w")
        screen = driver.on(BehindScreen)
        shown = driver.text()
        assert "   └─ ci-push/1773012388" in shown
        assert [row["depth"] for row in await driver.rows()] == [0, 1, 1, 1, 2, 1, 2]
        await driver.go_to(principal="arn:aws:sts::111122223333:assumed-role/ci-push/1773012388")
        assert driver.facts("#preview")["source identity"] == "sam.sre"
        await driver.press("enter")
        driver.on(ActivityScreen)
        assert len(await driver.rows()) > 10
        await driver.press("escape", "r")
        driver.on(RawScreen)
        assert "AssumeRole" in driver.text()
        await driver.press("escape", "2")
        assert driver.row["writes"] > 0
        await driver.go_to(resource="arn:aws:ecr:us-east-1:111122223333:repository/team/api")
        assert "PutImage" in driver.facts("#preview")["calls"]
        await driver.press("enter")
        activity = driver.on(ActivityScreen)
        assert {row["event_source"] for row in await driver.rows()} == {"ecr.amazonaws.com"}
        assert activity.segment.endswith("sam.sre")
        await driver.press("escape", "3")
        assert "access key (ref" in driver.text()
        assert driver.facts("#preview")["refused"] == "AccessDenied"
        await driver.press("u")
        driver.on(PrincipalScreen)
        await driver.press("escape", "4")
        assert driver.app.screen is screen
        assert "nobody else acted from its addresses" in driver.text()


async def test_two_principals_side_by_side() -> None:
    async with driving(size=MIDDLE) as driver:
        await driver.press("p")
        await driver.go_to(identity_arn=SAM)
        await driver.press("c")
        driver.on(Picker)
        await driver.write("lee.dev")
        await driver.press("enter")
        driver.on(VersusScreen)
        assert driver.facts("#changes")["second"].startswith(
            "arn:aws:iam::444455556666:user/lee.dev"
        )
        assert "sam.sre beside lee.dev" in driver.part("#crumbs")
        shared = {row["shared"] for row in await driver.rows()}
        assert shared == {"both", "first only", "second only"}
        await driver.go_to(kind="call", thing="StopLogging")
        assert driver.row["second_events"] == 0
        await driver.press("n")
        driver.on(Picker)
        await driver.press("escape")
        driver.on(VersusScreen)


@pytest.mark.parametrize("size", [NARROW, MIDDLE])
async def test_names_chosen_by_an_attacker_are_shown_as_they_are(
    size: tuple[int, int], tmp_path: Path
) -> None:
    write(tmp_path, {"t.json": trail(attacked(MARKUP + NESTED + CONTROL))})
    async with driving(tmp_path, size=size) as driver:
        shown = ""
        await driver.press("enter")
        ways = (
            ("t", "down", "down", "enter"),
            ("enter", "c", "n", "enter", "down"),
            ("enter", "w", "2", "down", "3", "4"),
            ("enter", "w", "c", "enter"),
        )
        for way in ways:
            screens = len(driver.app.screen_stack)
            for key in way:
                await driver.press(key)
                shown += check(driver)
            while len(driver.app.screen_stack) > screens:
                await driver.press("escape")
        assert "[" in shown
        assert "\\x1b" in shown
