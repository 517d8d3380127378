"""What is missing stays in sight until somebody has looked, and counts can be followed."""

from __future__ import annotations

from pathlib import Path

from queries.progress import Progress
from tests.evidence_files import at, image, push, record, trail, write, zipped
from tests.tui.driving import NARROW, WIDE, driving
from tui.screens.evidence import EvidenceScreen
from tui.transfer import Rate, short_transfer_line
from tui.widgets.banner import Banner, incomplete, reasons

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
        await driver.press("end")
        assert driver.facts("#preview")["stored"].endswith("B, not compressed")


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


def test_a_short_line_still_says_which_key_shows_what_is_missing() -> None:
    totals = {
        "evidence_complete": False,
        "unreadable_files": 16,
        "unread_files": 2,
        "one_page_files": 3,
        "digests": {"missing": ["a"]},
    }
    said = incomplete(totals, 60)
    assert said.startswith("⚠ evidence incomplete: 16 files damaged or")
    assert said.endswith("… · e opens it")
    assert len(said) == 60
    assert "1 file missing · e opens it" in incomplete(totals, 200)


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
        "1 file one page of several",
        "1 file altered",
        "2 files missing",
        "digest chain broken 1 time",
    ]


def fetching(reused: int = 0, not_fetched: int = 0) -> tuple[Progress, Rate]:
    """A transfer of 40,000 objects that has come to a tenth, at 2 MB a second."""
    progress = Progress(to_fetch=40_000, to_fetch_bytes=4 << 30)
    progress.reused, progress.not_fetched = reused, not_fetched
    progress.fetched, progress.fetched_bytes = 4_000, 400 << 20
    rate = Rate()
    rate.note(0, 3_600, 390 << 20)
    rate.note(5, 4_000, 400 << 20)
    return progress, rate


def test_the_line_about_a_transfer_keeps_what_matters_most_in_any_width() -> None:
    progress, rate = fetching(reused=100)
    wide = short_transfer_line(progress, rate, 118, "X stops")
    for part in ("4,000 of 40,000 objects", "B/s", "80 objects/s", "left", "X stops"):
        assert part in wide
    narrow = short_transfer_line(progress, rate, 78, "X stops")
    for part in ("4,000 of 40,000 objects", "of 4", "B/s", "left"):
        assert part in narrow
    assert len(narrow) <= 78
    assert short_transfer_line(progress, rate, 10, "X stops") == "⇣ 4,000 of 40,000 objects"


def test_what_could_not_be_had_is_not_dropped_for_a_rate() -> None:
    progress, rate = fetching(not_fetched=12)
    assert "12 could not be had" in short_transfer_line(progress, rate, 78, "X stops")
    progress.fetched = 39_988
    ended = short_transfer_line(progress, rate, 78, "X stops")
    assert ended == "⇣ fetched: 39,988 objects · 12 could not be had"
