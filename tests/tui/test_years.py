"""Evidence of several years says which year a time is in; that of one year saves the room."""

from __future__ import annotations

from pathlib import Path

from tests.evidence_files import image, push, trail, write
from tests.tui.driving import NARROW, driving
from tests.tui.test_looking_again import look
from tui.status import status_content

OLD, NEW = "2024-11-16T01:54:34Z", "2026-03-02T10:00:00Z"


def years(folder: Path, *times: str) -> Path:
    records = [push(image(time), f"v{n}", time) for n, time in enumerate(times)]
    return write(folder, {f"{n}.json": trail([r]) for n, r in enumerate(records)})


async def test_lists_of_several_years_show_the_year(tmp_path: Path) -> None:
    async with driving(years(tmp_path, OLD, NEW), size=NARROW) as driver:
        assert "2024-11-16 – 2026-03-02" in driver.part("#status")
        assert "2026-03-02 10:00:00" in driver.part("#repositories")
        await driver.press("enter")
        assert "2024-11-16 01:54:34" in driver.part("#pushes")
        await driver.press("a")
        assert "2026-03-02 10:00:00" in driver.part("#events")
        await driver.press("p")
        assert "2024-11-16 01:54:34 – 2026-03-02 10:00:00" in driver.facts("#preview")["seen"]


async def test_lists_of_one_year_do_not(tmp_path: Path) -> None:
    async with driving(years(tmp_path, NEW)) as driver:
        assert "  03-02 10:00:00" in driver.part("#repositories")


async def test_evidence_that_grows_into_another_year_shows_it_from_then_on(tmp_path: Path) -> None:
    async with driving(years(tmp_path, NEW)) as driver:
        assert "2026-03-02 10:00:00" not in driver.part("#repositories")
        write(tmp_path, {"older.json": trail([push(image("old"), "v9", OLD)])})
        await look(driver)
        assert "2026-03-02 10:00:00" in driver.part("#repositories")


async def test_a_narrow_status_line_keeps_the_years_beside_every_warning(tmp_path: Path) -> None:
    evidence = years(tmp_path / "export of a rather long name", OLD, NEW)
    write(evidence, {"torn.json": b'{"Records": [{"eventName": "x"', "empty.json.gz": b"\x1f\x8b"})
    async with driving(evidence, size=NARROW) as driver:
        totals = {**driver.app.case.totals, "gaps": [1], "logging_changes": [1, 2], "stopped": True}
        said = status_content(totals, driver.app.evidence_name, 80).plain
        assert "reading stopped" in said
        assert "damaged" in said
        assert "2 logging changes" in said
        assert "2024" in said
        assert "2026" in said
        assert len(said) <= 80
