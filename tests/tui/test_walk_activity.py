"""The activity around a push: scopes, filters, folded calls, and the time in the strip."""

from __future__ import annotations

from pathlib import Path

from tests.evidence_files import at, image, push, record, trail, write
from tests.tui.driving import API, Driver, driving
from tests.tui.walking import SAM, to_activity
from tui.dialogs import Picker
from tui.screens.activity import ActivityScreen
from tui.widgets.time_strip import TimeStrip

SESSION = "arn:aws:sts::111122223333:assumed-role/ci-push/1773012388"


async def scoped(driver: Driver, words: str) -> int:
    """Switch the scope by the words in the picker; how many events it has."""
    await driver.press("c")
    driver.on(Picker)
    await driver.write(words)
    await driver.press("enter")
    driver.on(ActivityScreen)
    return await driver.total()


async def test_scope_widens_from_the_session_to_the_whole_chain() -> None:
    async with driving() as driver:
        await to_activity(driver)
        await driver.press("L")
        session = await scoped(driver, "this session")
        assert driver.said("#scope").startswith("session ci-push/1773012388")
        assert {row["principal"] for row in await driver.rows()} == {SESSION}
        key = await scoped(driver, "this access key")
        principal = await scoped(driver, "this principal")
        assert session <= key < principal
        origin = await scoped(driver, "whole chain")
        assert origin > session
        found = await driver.rows()
        assert any("/jump/" in row["principal"] for row in found)
        denied = [row for row in found if row["event_name"] == "CreateAccessKey"]
        assert [row["outcome"] for row in denied] == ["denied"]
        address = await scoped(driver, "address of the probable login")
        assert 0 < address < origin
        everything = await scoped(driver, "every event")
        [(kept,)] = driver.app.case.ask(
            "SELECT count(*) FROM events WHERE merged_into IS NULL"
        ).rows
        assert everything == kept > origin


async def test_activity_is_told_relative_to_the_push_and_t_leads_to_it() -> None:
    async with driving() as driver:
        await to_activity(driver)
        assert driver.row["event_name"] == "PutImage"
        assert driver.row["event_time"].isoformat() == "2026-03-08T23:54:57"
        shown = driver.part("#events")
        line = next(line for line in shown.splitlines() if "▸" in line)
        assert " 0:00 " in line
        at = driver.table.cursor_row
        await driver.press("g")
        assert driver.table.cursor_row == 0
        await driver.press("t")
        assert driver.table.cursor_row == at
        await scoped(driver, "this session")
        assert driver.row["event_time"].isoformat() == "2026-03-08T23:54:57"
        # Without a push to count from there is no such column.
        await driver.press("E")
        assert "+0" not in driver.part("#events").splitlines()[0]
        assert "t" not in [key for key, _ in driver.screen.keys_here()]


async def test_filter_picker_counts_what_it_offers() -> None:
    async with driving() as driver:
        await to_activity(driver)
        before = await driver.total()
        await driver.press("F")
        await driver.write("event name")
        await driver.press("enter")
        driver.on(Picker)
        await driver.write("CreateAccessKey")
        offered = driver.part("#choices").split()
        await driver.press("enter")
        assert offered == ["1", "CreateAccessKey"]
        assert await driver.total() == 1 < before
        assert driver.row["outcome"] == "denied"
        assert "event name CreateAccessKey" in driver.said("#scope")
        await driver.press("\\")
        assert await driver.total() == before


async def test_writes_and_failures_narrow_and_widen_again() -> None:
    async with driving() as driver:
        await to_activity(driver)
        before = await driver.total()
        await driver.press("w")
        assert all(row["is_write"] for row in await driver.rows())
        writes = await driver.total()
        await driver.press("f")
        rows = await driver.rows()
        assert rows
        assert all(row["is_write"] and row["outcome"] != "ok" for row in rows)
        assert len(rows) < writes < before
        await driver.press("w", "f")
        assert await driver.total() == before


async def test_layer_calls_are_folded_and_come_back() -> None:
    async with driving() as driver:
        await to_activity(driver)
        folded = await driver.total()
        assert "folded" in driver.said("#scope")
        await driver.press("L")
        rows = await driver.rows()
        assert len(rows) > folded
        assert any(row["event_name"] == "BatchCheckLayerAvailability" for row in rows)
        assert driver.row["event_name"] == "PutImage"


async def test_brackets_narrow_the_time_to_the_cursor_and_backslash_opens_it() -> None:
    async with driving() as driver:
        await to_activity(driver)
        before = await driver.total()
        moment = driver.row["event_time"]
        await driver.press("[")
        assert min(row["event_time"] for row in await driver.rows()) == moment
        assert "from 03-08 23:54:57" in driver.said("#scope")
        after = await driver.total()
        assert 0 < after < before
        await driver.press("t", "]")
        assert {row["event_time"] for row in await driver.rows()} == {moment}
        await driver.press("\\")
        assert await driver.total() == before


async def test_mouse_drag_on_the_time_strip_narrows_the_time() -> None:
    async with driving() as driver:
        await driver.press("E")
        before = await driver.total()
        strip = driver.screen.query_one(TimeStrip)
        await driver.pilot.mouse_down(strip, offset=(20, 0))
        await driver.pilot.hover(strip, offset=(60, 0))
        await driver.pilot.mouse_up(strip, offset=(60, 0))
        await driver.settle()
        rows = await driver.rows()
        assert 0 < len(rows) < before
        assert strip.selection is not None
        start, end = (when.replace(tzinfo=None) for when in strip.selection)
        assert all(start <= row["event_time"] < end for row in rows)
        assert "from" in driver.said("#scope")
        await driver.press("\\")
        assert await driver.total() == before
        assert strip.selection is None


async def test_activity_of_a_repository_and_of_a_principal() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("a")
        assert driver.said("#scope").startswith(f"repository {API}")
        await driver.press("escape", "enter", "a")
        assert driver.said("#scope").startswith(f"repository {API}")
        await driver.press("p")
        await driver.go_to(identity_arn=SAM)
        await driver.press("a")
        assert {row["principal"] for row in await driver.rows()} == {SAM}


async def test_the_strip_says_how_many_events_of_the_list_have_no_time(tmp_path: Path) -> None:
    untimed = record("ListImages", at(9))
    del untimed["eventTime"]
    records = [push(image("a"), "v1", at(0)), record("DescribeImages", at(5)), untimed]
    async with driving(write(tmp_path, {"t.json": trail(records)})) as driver:
        await driver.press("E")
        assert await driver.total() == 3
        assert "2 events, 1 without a time" in driver.part("#strip")
