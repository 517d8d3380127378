"""Files of the evidence vanish while it is open."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.evidence_files import at, image, push, record, trail, write
from tests.tui.driving import NARROW, driving
from tests.tui.test_looking_again import look
from tui.screens.raw import RawScreen
from tui.widgets.json_view import JsonView


async def test_what_the_index_kept_stands_in_for_a_record_whose_file_is_gone(
    tmp_path: Path,
) -> None:
    pushed, other = push(image("a"), "v1", at(0)), record("DescribeImages", at(1))
    logs = write(tmp_path / "logs", {"a.json": trail([pushed]), "b.json": trail([other])})
    async with driving(logs, size=NARROW, notices_shown=True) as driver:
        await driver.press("enter")
        shutil.rmtree(logs)
        await driver.press("o")
        screen = driver.on(RawScreen)
        assert "could not be read" in driver.part("#where")
        assert "what the index kept" in driver.part("#where")
        assert '"event_name": "PutImage"' in driver.part("#json")
        assert '"event_time": "2026-03-02T10:00:00Z"' in screen.query_one(JsonView).shown_text()
        assert "Copy record" not in {what for _, what in screen.keys_here()}

        await driver.press("escape")
        await look(driver)
        assert any("2 files that had been read are gone" in said for said in driver.notices)

        await driver.press("ctrl+f")
        await driver.write("v1")
        await driver.press("enter")
        assert "no hit in what could be read" in driver.part("#hits")
