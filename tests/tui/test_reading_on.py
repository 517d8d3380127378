"""Evidence that takes long: its newest part is shown, and the rest comes while people look."""

from __future__ import annotations

import gzip
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from queries import refresh
from queries.case import Case
from queries.errors import InvestigationError
from tests.evidence_files import ACCOUNT, at, image, push, trail, write
from tests.tui.driving import Driver, driving
from tui import opening
from tui.screens.pushes import PushesScreen
from tui.widgets.banner import Banner

FILES = 8


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "logs"
    for hour in range(FILES):
        name = f"{ACCOUNT}_CloudTrail_us-east-1_20260302T{hour:02}05Z_{hour:08}.json.gz"
        records = [push(image(f"l{hour}"), f"v{hour}", at(60 * hour))]
        write(folder, {name: gzip.compress(trail(records))})
    monkeypatch.setattr(opening, "FIRST_BYTES", 1)
    return folder


class Gate:
    """Lets the reading of the rest go on when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failure: str = "") -> None:
        self.open = Event()
        real = refresh.look_again

        def waiting(case: Case, **how: Any) -> Case | None:
            self.open.wait(30)
            if failure:
                raise InvestigationError(failure)
            return real(case, **how)

        monkeypatch.setattr(refresh, "look_again", waiting)


async def to_the_end(driver: Driver) -> None:
    await driver.until(lambda: not driver.app._lookout.busy)
    await driver.settle()


async def test_a_part_can_be_used_while_the_rest_is_read(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    async with driving(logs) as driver:
        await driver.press("enter")
        driver.on(PushesScreen)
        assert [row["image_tags"] for row in await driver.rows()] == ["v7"]
        assert "reading on: 1 of 8 files" in driver.part("#status")
        assert "partly read" in driver.part("#status")
        assert not driver.app.screen.query(Banner)
        gate.open.set()
        await to_the_end(driver)
        driver.on(PushesScreen)
        assert await driver.total() == FILES
        assert driver.row["image_tags"] == "v7"  # the place is kept
        assert "partly" not in driver.part("#status")
        assert "complete" in driver.part("#status")
        assert any("more file" in notice for notice in driver.notices)
        assert driver.app.evidence_complete


async def test_what_cannot_be_read_is_said_and_can_be_tried_again(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        gate = Gate(patch, failure="the disk is gone")
        async with driving(logs) as driver:
            gate.open.set()
            await to_the_end(driver)
            assert "the disk is gone" in driver.notices
            assert "only 1 of 8 files were read" in driver.text()
            assert not driver.app.evidence_complete
            patch.undo()
            driver.send("r")
            await driver.pilot.pause()
            await to_the_end(driver)
            assert driver.row["pushes"] == FILES
            assert not driver.app.screen.query(Banner)


async def test_it_can_be_left_at_any_moment(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    async with driving(logs) as driver:
        driver.send("q")
        gate.open.set()
        await driver.until(lambda: driver.app.return_code is not None)
    assert driver.app.return_code == 0
    async with driving(logs) as driver:  # what was kept goes on
        await to_the_end(driver)
        assert driver.row["pushes"] == FILES


async def test_following_begins_when_all_is_read(logs: Path) -> None:
    async with driving(logs, follow=0.05) as driver:
        await driver.until(lambda: driver.app.case.totals["pushes"] >= FILES)
        write(logs, {"later.json": trail([push(image("later"), "v9", at(900))])})
        await driver.until(lambda: driver.app.case.totals["pushes"] > FILES)
        await driver.settle()
        assert driver.row["pushes"] == FILES + 1
