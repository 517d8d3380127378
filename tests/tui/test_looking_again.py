"""Evidence that grows while the interface is open: by key, and followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence_files import at, image, push, record, trail, write
from tests.tui.driving import Driver, driving
from tui.app import FINDINGS, InvestigateApp
from tui.cli import main
from tui.screens.findings import FindingsScreen
from tui.screens.push import PushScreen
from tui.screens.pushes import PushesScreen
from tui.screens.repositories import RepositoriesScreen


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    write(folder, {"a.json": trail([push(image(f"l{n}"), f"v{n}", at(n)) for n in range(3)])})
    return folder


async def until(driver: Driver, happened: Callable[[], bool]) -> None:
    await driver.until(happened)
    await driver.settle()


async def look(driver: Driver) -> None:
    """Press r, and wait until the look is over."""
    driver.send("r")
    await driver.pilot.pause()
    await until(driver, lambda: not (driver.app.obeying or driver.app._lookout.busy))


async def test_the_key_brings_what_is_new_and_keeps_the_place(logs: Path) -> None:
    async with driving(logs, start=FINDINGS) as driver:
        await driver.press("enter")
        await driver.go_to(image_tags="v1")
        await look(driver)
        assert "nothing new" in driver.notices
        write(logs, {"b.json": trail([push(image("new"), "v9", at(9)), record("GetX", at(10))])})
        await look(driver)
        driver.on(PushesScreen)
        assert await driver.total() == 4
        # Newest first: the new one stands above, and the cursor is still on v1.
        assert driver.row["image_tags"] == "v1"
        assert "1 new file: 2 records, 1 push" in driver.notices
        assert "5 events" in driver.part("#status")
        # The screen below goes on over the grown case as well.
        await driver.press("escape")
        driver.on(RepositoriesScreen)
        assert driver.row["pushes"] == 4


async def test_filter_sort_and_dialogs_stay(logs: Path) -> None:
    async with driving(logs, start=FINDINGS) as driver:
        await driver.press("enter", "/")
        await driver.write("v2")
        await driver.press("enter")
        driver.table.sort_by("image_tags")
        await driver.settle()
        driver.send("r")
        write(logs, {"b.json": trail([push(image("new"), "v21", at(9))])})
        await driver.press("r")
        await until(driver, lambda: not (driver.app.obeying or driver.app._lookout.busy))
        if await driver.total() == 1:  # the first look was there before the file
            await look(driver)
        assert [row["image_tags"] for row in await driver.rows()] == ["v2", "v21"]
        assert driver.row["image_tags"] == "v2"


async def test_a_push_stays_open(logs: Path) -> None:
    async with driving(logs, start=FINDINGS) as driver:
        await driver.press("enter")
        await driver.go_to(image_tags="v0")
        await driver.press("enter", "tab")
        before = driver.text().splitlines()[3:-1]
        write(logs, {"b.json": trail([record("DescribeImages", at(30))])})
        await look(driver)
        driver.on(PushScreen)
        assert driver.text().splitlines()[3:-1] == before


async def test_followed_evidence_comes_by_itself_and_keys_go_on(logs: Path) -> None:
    async with driving(logs, start=FINDINGS, follow=0.05) as driver:
        assert "following" in driver.part("#status")
        await driver.press("enter")
        for number in range(3):
            write(
                logs, {f"n{number}.json": trail([push(image(f"n{number}"), "n", at(20 + number))])}
            )
            await until(driver, lambda: driver.app.case.totals["pushes"] == 4 + number)  # noqa: B023
            await driver.press("down", "up", "s", "escape")
        assert await driver.total() == 6
        driver.send("q")
        await driver.until(lambda: driver.app.return_code is not None)
    assert driver.app.return_code == 0


async def test_a_file_that_grew_is_read_again(logs: Path) -> None:
    async with driving(logs, start=FINDINGS) as driver:
        pushes = [push(image(f"l{n}"), f"v{n}", at(n)) for n in range(5)]
        (logs / "a.json").write_bytes(trail(pushes))
        await look(driver)
        assert "1 file changed and read again: 2 records, 2 pushes more" in driver.notices
        assert driver.row["pushes"] == 5


async def test_what_cannot_be_looked_at_is_said(logs: Path, tmp_path: Path) -> None:
    async with driving(logs, start=FINDINGS) as driver:
        (logs / "a.json").write_bytes(b"no log any more")
        await look(driver)
        assert any("other content now" in notice for notice in driver.notices)
        assert driver.app.case.totals["pushes"] == 3
    app = InvestigateApp([], case_file=tmp_path / "none.duckdb")
    from queries.case import open_case

    open_case([str(logs)], case_file=tmp_path / "none.duckdb").close()
    async with app.run_test() as pilot:
        driver = Driver(app, pilot)
        await driver.settle()
        await driver.press("r")
        assert any("only the index is open" in notice for notice in driver.notices)
    app.finish()


def test_the_interval_is_checked(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--interval", "5", str(logs)]) == 2
    assert "--interval is for --follow" in capsys.readouterr().err
    assert main(["--follow", "--interval", "0", str(logs)]) == 2
    assert "1 to 86400" in capsys.readouterr().err


async def test_findings_are_looked_for_again_in_what_has_grown(logs: Path) -> None:
    async with driving(logs, start=FINDINGS) as driver:
        await driver.press("i")
        screen = driver.on(FindingsScreen)
        assert "no findings" in driver.text(screen.query_one("#findings"))
        root = "arn:aws:iam::111122223333:root"
        identity = {"type": "Root", "arn": root, "accountId": "111122223333"}
        made = push(image("by root"), "v9", at(9), root, userIdentity=identity)
        write(logs, {"b.json": trail([made])})
        await look(driver)
        driver.on(FindingsScreen)
        found = [row["rule"] for row in await driver.rows() if row["finding_id"] is not None]
        assert found == ["push-by-root"]
        assert driver.row["title"].startswith("root of 111122223333: 1 finding")
