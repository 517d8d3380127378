"""What is missing stays in sight until somebody has looked, and counts can be followed."""

from __future__ import annotations

from pathlib import Path

from tests.evidence_files import at, image, push, record, trail, write, zipped
from tests.tui.driving import NARROW, WIDE, driving
from tui.screens.evidence import EvidenceScreen
from tui.widgets.banner import Banner, reasons

_WARNING = "⚠ evidence incomplete: 1 file damaged or unreadable · e opens it"


def damaged(folder: Path) -> Path:
    whole = trail([push(image("a"), "v1", at(0)), record("ListImages", at(5))])
    return write(folder, {"whole.json": whole, "cut.json.gz": zipped(whole)[:-30]})


async def test_the_banner_stays_on_every_screen_until_the_evidence_was_opened(
    tmp_path: Path,
) -> None:
    async with driving(damaged(tmp_path), size=NARROW) as driver:
        assert _WARNING in driver.text()
        await driver.press("enter")
        assert _WARNING in driver.text()
        await driver.press("enter")
        assert _WARNING in driver.text()
        await driver.press("e")
        driver.on(EvidenceScreen)
        assert _WARNING not in driver.text()
        for _ in range(3):
            await driver.press("escape")
            assert _WARNING not in driver.text()


async def test_a_click_on_the_banner_opens_the_evidence(tmp_path: Path) -> None:
    async with driving(damaged(tmp_path)) as driver:
        await driver.click(driver.screen.query_one(Banner), 5)
        driver.on(EvidenceScreen)


async def test_complete_evidence_has_no_banner() -> None:
    async with driving() as driver:
        assert not driver.screen.query(Banner)


async def test_the_status_counts_what_the_list_of_all_events_holds() -> None:
    async with driving(size=WIDE) as driver:
        totals = driver.app.case.totals
        await driver.press("E", "L")  # layer calls too
        listed = await driver.total()
        assert totals["merged_records"] > 0
        assert f"{listed:,} events (+{totals['merged_records']} joined)" in driver.text()
        await driver.press("e")
        facts = driver.facts("#totals")
        assert f"{totals['merged_records']} events are joined to another" in facts["read"]
        assert f"so {listed:,} events are listed" in facts["read"]


def test_every_reason_is_named() -> None:
    totals = {
        "unreadable_files": 2,
        "unread_files": 1,
        "one_page_files": 1,
        "digests": {"altered": ["a"], "missing": ["b", "c"], "breaks": ["d"]},
    }
    assert reasons(totals) == [
        "2 files damaged or unreadable",
        "1 file not read",
        "1 file one page of more",
        "1 file altered",
        "2 files missing",
        "digest chain broken 1 time",
    ]
