"""Where images ran, seen from the push and from everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.evidence_files import ACCOUNT, at, image, push, record, trail, write
from tests.tui.driving import API, IMPLANT, MIDDLE, NARROW, driving
from tests.tui.test_hostile import CONTROL, MARKUP
from tui.screens.activity import ActivityScreen
from tui.screens.principal import PrincipalScreen
from tui.screens.push import PushScreen
from tui.screens.raw import RawScreen
from tui.screens.where import WhereScreen


async def test_the_implant_ran_and_was_put_under_what_ran() -> None:
    async with driving(size=MIDDLE) as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("enter")
        said = driver.facts("#facts")["ran"]
        assert said.startswith("still referenced by service prod/api ← api:88, task definition")
        assert "its tag was moved here under service prod/api ← api:87" in said
        await driver.press("5")
        screen = driver.on(PushScreen)
        shown = driver.text()
        assert "▶" in shown
        assert "service prod/api ← api:88" in shown
        assert "tag moved here" in shown
        await driver.press("down", "down", "down", "enter")
        driver.on(RawScreen)
        assert "UpdateService" in driver.text()
        await driver.press("escape")
        assert driver.app.screen is screen


async def test_a_push_says_what_a_scan_found_and_that_nothing_ran() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_tags="1.18.3", outcome="ok")
        await driver.press("enter")
        facts = driver.facts("#facts")
        assert facts["scanned"].startswith("1 high, 4 medium, 14 low, known 2026-03-03")
        assert facts["ran"] == "no deployment of it in this evidence"


async def test_all_that_ran_leads_to_pushes_pullers_and_scans() -> None:
    async with driving(size=MIDDLE) as driver:
        await driver.press("D")
        screen = driver.on(WhereScreen)
        await driver.go_to(definition="api:88")
        said = driver.facts("#preview")
        assert said["image"].endswith("/team/api:prod")
        assert said["is"] == f"{IMPLANT}, by tag, as it stood then"
        assert said["until"] == "still referenced at the end of the evidence"
        await driver.press("o")
        driver.on(PushScreen)
        assert driver.facts("#facts")["digest"] == IMPLANT
        await driver.press("escape", "u")
        driver.on(PrincipalScreen)
        await driver.press("escape", "a")
        driver.on(ActivityScreen)
        await driver.press("escape")
        # A tag that was moved under a service.
        await driver.go_to(definition="api:87")
        assert "sam.sre, under it" in driver.facts("#preview")["tag moved"]

        await driver.press("2")
        await driver.go_to(workload="CI job")
        assert driver.facts("#preview")["as"] == f"CI job, account {ACCOUNT}"
        await driver.press("u")
        driver.on(PrincipalScreen)
        await driver.press("escape", "4")
        assert driver.app.screen is screen
        assert driver.facts("#preview")["pushed"].startswith("by example-org/api@main (GitHub)")
        assert "mira" in driver.facts("#preview")["read by"]
        await driver.press("u")
        driver.on(PrincipalScreen)
        assert "mira" not in driver.text()


async def test_the_deployments_of_one_repository() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter", "d")
        assert driver.on(WhereScreen).segment == "Where team/api ran"
        assert {row["repository"] for row in await driver.rows()} == {API}
        await driver.press("/")
        await driver.write("api:86")
        await driver.press("enter")
        assert await driver.total() == 2


@pytest.mark.parametrize("size", [NARROW, MIDDLE])
async def test_names_chosen_by_an_attacker_are_shown_as_they_are(
    size: tuple[int, int], tmp_path: Path
) -> None:
    def register(number: int, text: str) -> dict[str, Any]:
        asked = {"family": text, "containerDefinitions": [{"name": text, "image": f"x:{text}"}]}
        return record(
            "RegisterTaskDefinition",
            at(number),
            eventSource="ecs.amazonaws.com",
            requestParameters=asked,
        )

    hostile = [register(n, text) for n, text in enumerate([*MARKUP, *CONTROL])]
    write(tmp_path, {"t.json": trail([push(image("a"), "v", at(0)), *hostile])})
    async with driving(tmp_path, size=size) as driver:
        await driver.press("D")
        assert await driver.total() == len(hostile)
        shown = driver.text()
        for _ in hostile:
            await driver.press("down")
            shown += driver.text()
        assert "[@click=app.quit]" in shown
        assert "\\x1b" in shown
        assert all(character.isprintable() or character == "\n" for character in shown)
        driver.on(WhereScreen)


async def test_a_narrow_list_shows_which_repository_and_not_only_whose() -> None:
    async with driving(size=NARROW) as driver:
        await driver.press("D", "tab", "tab")
        shown = driver.part("#pulled-table")
        assert "1111…/team/web" in shown
        assert "1111…/base/python" in shown
        await driver.pilot.resize_terminal(200, 60)
        await driver.settle()
        assert "1111…3333/us-east-1/team/web" in driver.part("#pulled-table")
