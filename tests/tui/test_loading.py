"""While evidence is read: what is shown, how to stop, and what a partial or failed reading says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.evidence_files import at, image, push, record, trail, write, zipped
from tests.tui.driving import Driver, driving
from tui.app import REPOSITORIES, InvestigateApp
from tui.screens.evidence import EvidenceScreen
from tui.screens.loading import LoadingScreen
from tui.screens.repositories import RepositoriesScreen

FILES, EACH = 40, 1500


@pytest.fixture(scope="module")
def much(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough to press a key before it is read: 40 files of 1,500 records."""
    folder = tmp_path_factory.mktemp("loading") / "much"
    one = record("DescribeImages", at(0))
    for number in range(FILES):
        lines = [json.dumps({**one, "eventID": f"{number}-{line}"}) for line in range(EACH)]
        write(folder, {f"{number:02}.ndjson": "\n".join(lines).encode()})
    return folder


def loading(app: InvestigateApp) -> LoadingScreen:
    screen = app.screen
    assert isinstance(screen, LoadingScreen)
    return screen


async def test_progress_is_shown_and_escape_keeps_what_was_read(much: Path) -> None:
    app = InvestigateApp([str(much)], start=REPOSITORIES)
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(app, pilot)
        progress = loading(app)._progress
        await driver.until(lambda: progress.files_done > 0 and "of 40 files" in driver.text())
        shown = driver.text()
        assert "Reading much" in shown
        assert re.search(r"\d (B|kB|MB) of \d+\.?\d* MB", shown)
        assert "esc Stop reading, keep what was read" in shown
        driver.send("escape")
        await driver.until(lambda: not isinstance(app.screen, LoadingScreen))
        await driver.settle()
        driver.on(RepositoriesScreen)
        assert "reading stopped" in driver.part("#status")
        assert any("reading was stopped" in notice for notice in driver.notices)
        await driver.press("e")
        rows = await driver.rows()
        read = [row for row in rows if row["status"] == "read"]
        unread = [row for row in rows if row["status"] == "not read"]
        assert len(rows) == FILES
        assert len(read) + len(unread) == FILES
        assert unread
        assert app.case.totals["events"] == EACH * len(read)
        assert "reading was stopped" in driver.facts("#totals")["note"]
        await driver.press("/")
        await driver.write("not read")
        assert await driver.total() == len(unread)
    app.finish()
    # A part is no case: the next time, everything is read.
    async with driving(much) as driver:
        assert driver.app.case.totals["events"] == FILES * EACH
        assert "reading stopped" not in driver.part("#status")


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quitting_while_reading_ends_the_reading(much: Path, key: str) -> None:
    app = InvestigateApp([str(much)], use_cache=False, start=REPOSITORIES)
    async with app.run_test() as pilot:
        driver = Driver(app, pilot)
        progress = loading(app)._progress
        await driver.until(lambda: progress.files_total > 0)
        driver.send(key)
        await driver.until(lambda: app.return_code is not None)
    assert app.return_code == 0
    app.finish()
    assert progress.files_done < FILES


async def test_second_opening_comes_from_the_cache(tmp_path: Path) -> None:
    write(tmp_path / "logs", {"a.json": trail([push(image("one"), "1", at(0))])})
    async with driving(tmp_path / "logs") as driver:
        assert not driver.app.case.from_cache
    async with driving(tmp_path / "logs") as driver:
        assert driver.app.case.from_cache
        assert await driver.total() == 1


async def test_nothing_readable_opens_the_evidence_and_exits_with_one(tmp_path: Path) -> None:
    broken = zipped(trail([record("DescribeImages", at(0))]))[:40]
    write(tmp_path / "logs", {"photo.jpg": b"\xff\xd8\xff\xe0" * 50, "cut.json.gz": broken})
    async with driving(tmp_path / "logs") as driver:
        driver.on(EvidenceScreen)
        rows = await driver.rows()
        assert {row["name"].rpartition("/")[2] for row in rows} == {"photo.jpg", "cut.json.gz"}
        assert all(row["notes"] for row in rows)
        assert any("no CloudTrail record could be read" in notice for notice in driver.notices)
        driver.send("q")
        await driver.until(lambda: driver.app.return_code is not None)
    assert driver.app.return_code == 1


async def test_case_that_cannot_be_opened_ends_with_one_sentence(tmp_path: Path) -> None:
    write(tmp_path / "logs", {"a.json": trail([push(image("one"), "1", at(0))])})
    other = tmp_path / "notes.txt"
    other.write_text("no case at all")
    app = InvestigateApp([str(tmp_path / "logs")], case_file=other)
    async with app.run_test() as pilot:
        await Driver(app, pilot).until(lambda: app.return_code is not None)
    app.finish()
    assert app.return_code == 1
    assert str(other) in app.failure
    assert "\n" not in app.failure
    assert other.read_text() == "no case at all"
