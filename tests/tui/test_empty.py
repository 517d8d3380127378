"""A list without rows says why and what to do, offers no key that does nothing, and a filter that
is kept is not forgotten."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.evidence_files import at, record, trail, write
from tests.tui.driving import API, IMPLANT, NARROW, Driver, driving
from tests.tui.walking import to_implant
from tui.window import Window


@pytest.fixture
def no_registry(tmp_path: Path) -> Path:
    calls = [
        record("DescribeInstances", at(n), eventSource="ec2.amazonaws.com", requestParameters={})
        for n in range(5)
    ]
    return write(tmp_path, {"a.json": trail(calls)})


def keys(driver: Driver) -> set[str]:
    """What the help would list."""
    return {what for _, what in driver.screen.keys_here()}


async def test_an_empty_list_offers_nothing_that_needs_a_row(no_registry: Path) -> None:
    async with driving(no_registry, size=NARROW) as driver:
        footer = driver.text().splitlines()[-1]
        assert "Principals" in footer
        for gone in ("Pushes", "Activity", "Sort", "Pivot", "Filter"):
            assert gone not in footer
        assert not {"Pushes", "Activity", "Sort", "Pivot", "Copy", "Copy row"} & keys(driver)
        await driver.press("p")
        assert {"Who is it", "Activity", "Sort", "Pivot", "Copy", "Copy row"} <= keys(driver)


async def test_why_it_is_empty_is_said_to_the_end_on_a_narrow_screen(no_registry: Path) -> None:
    async with driving(no_registry, size=NARROW) as driver:
        said = " ".join(driver.part("#repositories").split())
        assert "no registry event among 5 events (2026-03-02 10:00 – 2026-03-02 10:04 UTC)" in said
        assert "p lists who acted" in said


async def test_the_timeline_of_nothing_has_the_time_of_the_evidence(no_registry: Path) -> None:
    async with driving(no_registry, size=NARROW) as driver:
        await driver.press("T")
        assert "0 moments · 03-02 10:00:00 – 03-02 10:04:01 UTC" in driver.part("#scope")
        assert "01-01" not in driver.part("#chart")
        assert not {"Open", "Next", "Previous"} & keys(driver)


async def test_a_filter_that_leaves_nothing_is_blamed_and_keys_come_back_with_the_rows() -> None:
    async with driving(size=NARROW) as driver:
        await to_implant(driver)
        assert {"Push", "User", "Record"} <= keys(driver)
        await driver.press("/")
        assert "⏎ Keep" in driver.text().splitlines()[-1]
        await driver.write("no such thing")
        assert "nothing here has “no such thing” in it" in driver.part("#pushes")
        assert driver.part("#preview").strip("─ \n") == ""
        await driver.press("enter")
        assert not {"Push", "User", "Record", "Sort"} & keys(driver)
        assert "Filter" in keys(driver)
        await driver.press("escape")
        assert {"Push", "User", "Record", "Sort"} <= keys(driver)


async def test_a_filter_that_is_kept_is_said_until_it_is_taken_away() -> None:
    async with driving(size=NARROW) as driver:
        await driver.go_to(repository=API)
        await driver.press("enter", "/")
        await driver.write("prod")
        await driver.press("enter")
        assert "only with “prod” · esc: all" in driver.part("#crumbs")
        await driver.press("enter")
        assert "prod” ·" not in driver.part("#crumbs")  # the push is not filtered
        await driver.press("escape")
        assert "only with “prod” · esc: all" in driver.part("#crumbs")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("escape")
        assert "only with" not in driver.part("#crumbs")
        assert driver.row["image_digest"] == IMPLANT


async def test_a_window_of_time_without_pushes_is_not_evidence_without_pushes() -> None:
    async with driving(size=NARROW) as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        driver.app.set_window(Window(datetime(2026, 3, 5, 20), datetime(2026, 3, 5, 21)))
        await driver.settle()
        said = " ".join(driver.part("#pushes").split())
        assert "only in the window of time:" in said
        assert "W shows all of it" in said
