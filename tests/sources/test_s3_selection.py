"""Choosing what of a bucket is loaded, before anything is fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.events import MouseDown, MouseMove, MouseUp

from queries.sources.buckets.choice import Choice, Offer, Stream
from queries.sources.buckets.remote import Remote
from queries.sources.buckets.source import Share
from tests.evidence_files import ACCOUNT
from tests.sources.buckets import OTHER_ACCOUNT, deliveries, key, ledger, options
from tests.sources.proxies import Action, Answer, FaultProxy, Request, Slow
from tests.sources.s3_server import Server
from tests.tui.driving import Driver
from tui.app import REPOSITORIES, InvestigateApp
from tui.screens.loading import LoadingScreen
from tui.screens.repositories import RepositoriesScreen
from tui.screens.selection import SelectionScreen
from tui.widgets.time_strip import TimeStrip

DAYS = ("2026/03/01", "2026/03/02", "2026/03/05")


@pytest.fixture(scope="module")
def several(server: Server) -> str:
    """Two accounts; the first has two regions of three days (2 objects each), the other one."""
    objects: dict[str, bytes] = {}
    for day in DAYS:
        for region in ("us-east-1", "eu-west-1"):
            objects |= deliveries(2, region=region, day=day)
    objects |= deliveries(3, account=OTHER_ACCOUNT, day=DAYS[1])
    server.fill("several", objects)
    return "several"


@asynccontextmanager
async def choosing(
    proxy: FaultProxy, path: str, *, ask_what: bool = True, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Driver]:
    app = InvestigateApp(
        [path], remote=Remote(options(proxy.url)), ask_what=ask_what, start=REPOSITORIES
    )
    app.animation_level = "none"
    try:
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            yield driver
    finally:
        app.finish()


async def test_nothing_is_fetched_before_it_is_chosen(proxy: FaultProxy, several: str) -> None:
    async with choosing(proxy, f"s3://{several}") as driver:
        driver.on(SelectionScreen)
        shown = driver.text()
        assert proxy.fetched() == []
        assert "What to load from s3://several" in shown
        assert "selected: 15 of 15 objects" in shown
        assert f"[x] {ACCOUNT}  2 regions" in shown
        assert "03-01 – 03-05" in shown
        # Only the region of the first account in Europe, and the other account.
        await driver.press("n")
        assert "selected: 0 of 15" in driver.text()
        await driver.press("enter")
        driver.on(SelectionScreen)
        assert any("nothing is selected" in notice for notice in driver.notices)
        await driver.press("down", "space", "end", "space")
        assert f"[-] {ACCOUNT}  2 regions" in driver.text()
        assert "selected: 9 of 15 objects" in driver.text()
        await driver.press("enter")
        driver.on(RepositoriesScreen)
        assert len(proxy.fetched()) == 9
        assert not [path for path in proxy.fetched() if f"{ACCOUNT}/CloudTrail/us-east-1" in path]
        assert driver.app.case.totals["raw_records"] == 9
        _, notes = ledger(driver.app.case)["s3://several"]
        assert notes == [
            f"only a part was chosen (9 of 15 objects): {ACCOUNT} eu-west-1,"
            f" {OTHER_ACCOUNT} us-east-1"
        ]


async def test_the_days_are_narrowed_by_typing_keys_and_mouse(
    proxy: FaultProxy, several: str
) -> None:
    async with choosing(proxy, f"s3://{several}") as driver:
        await driver.press("d", "ctrl+u")
        await driver.write("2026-03-02 soon")
        await driver.press("enter")
        assert any("2026-03-01 2026-03-04" in notice for notice in driver.notices)
        await driver.press("ctrl+u")
        await driver.write("2026-03-02")
        await driver.press("enter")
        assert "selected: 7 of 15 objects" in driver.text()
        await driver.press("backslash")
        assert "selected: 15 of 15 objects" in driver.text()

        await driver.press("tab")
        strip = driver.app.screen.query_one(TimeStrip)
        assert strip.has_focus
        await driver.press("end", "[")
        assert "selected: 4 of 15 objects" in driver.text()
        await driver.press("backslash")
        region = strip.region
        first, second = region.x + 1, region.x + region.width * 2 // 5 - 2
        for kind, x in ((MouseDown, first), (MouseMove, second), (MouseUp, second)):
            await driver.pilot._post_mouse_events([kind], strip, (x - region.x, 1), button=1)
        await driver.settle()
        assert "selected: 11 of 15 objects" in driver.text()
        await driver.press("tab", "enter")
        driver.on(RepositoriesScreen)
        assert len(proxy.fetched()) == 11
        _, notes = ledger(driver.app.case)["s3://several"]
        assert notes == [
            "only a part was chosen (11 of 15 objects): day folders the first to 2026-03-02"
        ]


async def test_a_filter_narrows_what_the_keys_mean(proxy: FaultProxy, several: str) -> None:
    async with choosing(proxy, f"s3://{several}") as driver:
        await driver.press("/")
        await driver.write("eu-w")
        await driver.press("enter")
        assert OTHER_ACCOUNT not in driver.text()
        await driver.press("n")
        assert "selected: 9 of 15 objects" in driver.text()
        await driver.press("o")
        assert "selected: 6 of 15 objects" in driver.text()
        await driver.press("/", "escape")
        assert OTHER_ACCOUNT in driver.text()
        driver.on(SelectionScreen)


@pytest.mark.parametrize("key_", ["escape", "q", "ctrl+c"])
async def test_quitting_fetches_nothing(proxy: FaultProxy, several: str, key_: str) -> None:
    async with choosing(proxy, f"s3://{several}") as driver:
        driver.send(key_)
        await driver.until(lambda: driver.app.return_code is not None)
    assert driver.app.return_code == 0
    assert driver.app.failure == ""
    assert proxy.fetched() == []


async def test_no_question_where_there_is_no_choice(
    server: Server, proxy: FaultProxy, bucket: str, several: str
) -> None:
    server.fill(bucket, deliveries(3))
    async with choosing(proxy, f"s3://{bucket}") as driver:
        driver.on(RepositoriesScreen)
    async with choosing(proxy, f"s3://{several}/{key(1, day=DAYS[0])}") as driver:
        driver.on(RepositoriesScreen)
        assert driver.app.case.totals["raw_records"] == 1
    async with choosing(proxy, f"s3://{several}", ask_what=False) as driver:
        driver.on(RepositoriesScreen)
        assert driver.app.case.totals["raw_records"] == 15


async def test_listing_shows_progress_and_can_be_stopped(proxy: FaultProxy, several: str) -> None:
    def rule(request: Request) -> Action | None:
        return (
            Slow(60)
            if request.is_list and f"{OTHER_ACCOUNT}/CloudTrail/" in _asked(request)
            else None
        )

    proxy.rule = rule
    app = InvestigateApp(
        [f"s3://{several}"], remote=Remote(options(proxy.url, read_timeout=2)), start=REPOSITORIES
    )
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: "listing several: 12 objects" in driver.text())
        assert isinstance(app.screen, LoadingScreen)
        assert "esc Stop listing" in driver.text()
        driver.send("escape")
        await driver.until(lambda: isinstance(app.screen, SelectionScreen))
        await driver.settle()
        assert "selected: 12 of 12 objects" in driver.text()
        assert "⚠ s3://several/" in driver.text()
        await driver.press("enter")
        assert app.case.totals["raw_records"] == 12
        assert not app.evidence_complete
    app.finish()


async def test_hostile_names_are_shown_and_not_obeyed(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:
    folder = "AWSLogs/[bold red]x[@click=app.quit]\u202e"
    objects = {**deliveries(1), **deliveries(1, region="eu-west-1"), f"{folder}/a.json": b"{}"}
    server.fill(bucket, objects)
    proxy.rule = lambda request: (
        Answer(403, "AccessDenied") if request.is_list and "bold" in _asked(request) else None
    )
    async with choosing(proxy, f"s3://{bucket}") as driver:
        driver.on(SelectionScreen)
        shown = driver.text()
        assert "[bold red]x[@click=app.quit]\\u202e" in shown
        assert "\u202e" not in shown


def test_sums_over_days_and_streams() -> None:
    def share(region: str, day: str, objects: int) -> Share:
        return Share("b", "1", region, day, "CloudTrail", objects, objects * 10)

    offer = Offer(
        [
            share("r", "2026-03-01", 1),
            share("r", "2026-03-03", 4),
            # Digests of the same day belong to it; a day that does not exist is none.
            Share("b", "1", "r", "2026-03-03", "CloudTrail-Digest", 2, 20),
            share("r", "2026-02-31", 8),
            share("s", "2026-03-02", 16),
        ]
    )
    r, s = Stream("b", "1", "r"), Stream("b", "1", "s")
    assert offer.streams == [r, s]
    assert (offer.first, offer.last) == ("2026-03-01", "2026-03-03")
    assert offer.amount([r, s]) == (31, 310)
    assert offer.amount([r], "2026-03-02", "2026-03-03") == (14, 140)
    assert offer.amount([r], "2026-03-04", "2026-03-01") == (8, 80)
    assert offer.span([r, s], "2026-03-02", "") == ("2026-03-02", "2026-03-03")
    assert offer.by_day([r, s]) == [1, 16, 6]
    assert offer.choice([r, s], "2026-03-01", "2026-03-03") == Choice()
    chosen = offer.choice([r], "2026-03-02", "2026-03-03")
    assert chosen == Choice(frozenset([r]), "2026-03-02", "")
    assert chosen.wants(r, "")
    assert chosen.wants(r, "2026-03-02")
    assert not chosen.wants(r, "2026-03-01")
    assert not chosen.wants(s, "")


def _asked(request: Request) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(request.query)
