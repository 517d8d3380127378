"""Ways through the sample incident that more than one set of tests goes."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from tests.tui.driving import API, IMPLANT, Driver
from tui.screens.pushes import PushesScreen
from tui.screens.raw import RawScreen

SAM = "arn:aws:iam::444455556666:user/sam.sre"


async def to_implant(driver: Driver) -> None:
    """Repositories, the pushes of team/api, the cursor on the implant."""
    await driver.go_to(repository=API)
    await driver.press("enter")
    await driver.go_to(image_digest=IMPLANT)


async def to_activity(driver: Driver) -> None:
    """On to everything the implant's origin did."""
    await to_implant(driver)
    await driver.press("enter", "a")


async def in_front(driver: Driver, name: str) -> None:
    """Bring a screen to the front, its cursor where every key has something to do."""
    if name == "repositories":
        await driver.go_to(repository=API)
    elif name in ("principals", "evidence", "all events"):
        await driver.press({"principals": "p", "evidence": "e", "all events": "E"}[name])
        await driver.press("j", "j")
    elif name == "pushes":
        await to_implant(driver)
    elif name == "activity":
        await to_activity(driver)
        await driver.press("j", "w")
    else:
        await to_implant(driver)
        await driver.press(*{"push": ["enter"], "user": ["u"], "raw": ["o"]}[name])
        if name == "raw":
            await driver.press("/")
            await driver.write("sha256")
            await driver.press("enter")


async def down_and_back(driver: Driver) -> None:
    """From the repositories to a raw record, and back to the same row on every screen."""
    trail: list[tuple[type[Screen[Any]], object]] = []

    async def onward(key: str) -> None:
        trail.append((type(driver.screen), where(driver)))
        await driver.press(key)

    await driver.press("j", "j", "k", "right")
    await driver.go_to(repository=API)
    await onward("enter")
    assert driver.on(PushesScreen).segment == "team/api"
    await driver.press("right")
    await driver.go_to(image_digest=IMPLANT)
    await onward("enter")
    assert driver.facts("#facts")["digest"] == IMPLANT
    await onward("u")
    assert driver.facts("#facts")["who"] == SAM
    await onward("a")
    assert driver.row["event_name"] == "PutImage"
    await driver.press(*["j"] * 9)
    await onward("enter")
    driver.on(RawScreen)
    crumbs = driver.part("#crumbs")
    assert crumbs.split()[-1] == "record"
    for kind, place in reversed(trail):
        await driver.press("escape")
        driver.on(kind)
        assert where(driver) == place
    await driver.press("escape")
    assert where(driver) == trail[0][1]


def where(driver: Driver) -> object:
    """The cursor and the scrolling of the screen in front."""
    table = driver.screen.table
    return (driver.screen.segment, table and table.view_state, table and table.selected_row)
