"""Searching raw records in the interface: hits, records with the text marked, stopping."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from tests.evidence_files import at, record, trail, write
from tests.tui.driving import driving
from tui.screens import search
from tui.screens.activity import ActivityScreen
from tui.screens.raw import RawScreen
from tui.screens.repositories import RepositoriesScreen
from tui.screens.search import SearchScreen
from tui.widgets.json_view import JsonView


async def test_hits_open_as_record_and_as_event() -> None:
    async with driving() as driver:
        await driver.press("ctrl+f")
        await driver.write("sam.sre")
        await driver.press("enter")
        driver.on(SearchScreen)
        assert await driver.total() == 144
        assert "144 hits" in driver.part("#progress")
        # A record that was joined to another: its activity is that of the event in the lists.
        await driver.go_to(event_name="AssumeRole", position=3)
        await driver.press("enter")
        driver.on(RawScreen)
        assert "record 3" in driver.part("#where")
        await driver.press("n")
        assert "sam.sre" in str(driver.screen.query_one(JsonView).selected_value)
        await driver.press("escape", "a")
        driver.on(ActivityScreen)
        assert driver.row["event_name"] == "AssumeRole"
        await driver.press("escape", "escape")
        driver.on(RepositoriesScreen)


async def test_patterns_filters_and_a_second_search() -> None:
    async with driving() as driver:
        await driver.press("ctrl+f")
        await driver.write("/22286464\\w+/")
        await driver.press("enter")
        assert await driver.total() == 5
        await driver.press("f")
        await driver.write("putimage")
        await driver.press("enter")
        assert await driver.total() == 2
        await driver.press("escape", "/")
        driver.screen.query_one("#needle", Input).value = "/(/"
        await driver.press("enter")
        assert "not a regular expression" in driver.part("#progress")
        await driver.press("/")
        driver.screen.query_one("#needle", Input).value = "stands nowhere"
        await driver.press("enter")
        assert "0 hits · in 3,085 records" in driver.part("#progress")


async def test_hostile_text_around_a_hit_stays_text(tmp_path: Path) -> None:
    agent = "[@click=app.quit]\u202e needle \u001b]52;c;ZXZpbA==\u0007[/nope]"
    write(tmp_path, {"t.json": trail([record("DescribeImages", at(0), userAgent=agent)])})
    async with driving(tmp_path) as driver:
        await driver.press("ctrl+f")
        await driver.write("NEEDLE")
        await driver.press("enter")
        shown = driver.text()
        assert "needle" in shown
        assert not {"\x1b", "\u202e", "\x07"} & set(shown)


async def test_escape_stops_a_search_and_keeps_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, collect = threading.Event(), search._collect

    def late(*what: Any) -> bool:
        stopped.wait()
        return collect(*what)

    monkeypatch.setattr(search, "_collect", late)
    for number in range(80):
        records = [record("DescribeImages", at(n % 60), userAgent="common") for n in range(200)]
        write(tmp_path, {f"{number}.json": trail(records)})
    async with driving(tmp_path) as driver:
        await driver.press("ctrl+f")
        await driver.write("common")
        screen = driver.on(SearchScreen)
        driver.send("enter")
        await driver.until(lambda: screen.busy)
        driver.send("escape")
        await driver.settle()
        assert "stopped" in driver.part("#progress")
        stopped.set()
        await driver.press("/", "enter")
        assert await driver.total() == 16_000
