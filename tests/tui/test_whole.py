"""What is cut in a list stands in full below it, on every screen that has one."""

from __future__ import annotations

import pytest

from tests.tui.driving import NARROW, WIDE, Driver, driving
from tests.tui.walking import SAM, to_implant


def joined(text: str) -> str:
    """The characters of a widget without what the lines are broken with."""
    return "".join(text.replace("│", "").split())


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_images_and_layers(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.press("I")
        assert driver.row["image_digest"] in joined(driver.part("#preview"))
        await driver.press("2")
        digest = driver.row["layer_digest"]
        assert digest in joined(driver.part("#preview"))
        await driver.press("enter")
        assert digest in joined(driver.part("#preview"))


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_lists_of_a_push(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await to_implant(driver)
        await driver.press("enter")
        assert not driver.app.screen.query_one("#preview").display
        for tab, column in (("2", "layer_digest"), ("4", "principal"), ("6", "user_agent")):
            await driver.press(tab)
            row = driver.table.selected_row
            assert row is not None
            assert joined(str(row[column])) in joined(driver.part("#preview"))
        await driver.press("1")
        assert not driver.app.screen.query_one("#preview").display


async def test_what_somebody_used_alone_and_beside_another() -> None:
    async with driving(size=NARROW, start_at=SAM) as driver:
        await driver.press("3")
        await driver.go_to(kind="client", value=await client(driver))
        assert joined(driver.row["value"]) in joined(driver.part("#preview"))
        await driver.press("p")
        await driver.go_to(identity_arn=SAM)
        await driver.press("c")
        await driver.write("dana.ops")
        await driver.press("enter")
        assert joined(driver.row["thing"]) in joined(driver.part("#preview"))


async def client(driver: Driver) -> str:
    """The longest of the clients that are listed."""
    return max((str(r["value"]) for r in await driver.rows() if r["kind"] == "client"), key=len)
