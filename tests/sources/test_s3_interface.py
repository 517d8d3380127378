"""The interface over a bucket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event

import pytest

from queries.errors import WrongUsage
from queries.sources.buckets.remote import Remote
from tests.sources.buckets import deliveries, delivery, key, options
from tests.sources.proxies import Answer, FaultProxy, Request
from tests.sources.s3_server import Server
from tests.tui.driving import Driver
from tui import opening
from tui.app import REPOSITORIES, InvestigateApp
from tui.cli import main
from tui.screens.repositories import RepositoriesScreen
from tui.widgets.banner import Banner

DAYS = 8
NEWEST = key(DAYS, day=f"2026/03/{DAYS:02}")


async def test_a_bucket_opens_and_a_missing_object_shows(
    server: Server, proxy: FaultProxy, bucket: str
) -> None:

    server.fill(bucket, deliveries(4))
    proxy.rule = lambda request: (
        Answer(403, "AccessDenied") if request.path.endswith(key(2)) else None
    )
    app = InvestigateApp([f"s3://{bucket}"], remote=Remote(options(proxy.url)), start=REPOSITORIES)
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(app, pilot)
        await driver.settle()
        driver.on(RepositoriesScreen)
        assert "1 file damaged" in driver.text()
        assert not app.evidence_complete
    app.finish()


def test_credentials_are_resolved_before_the_terminal_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)

    def never(self: InvestigateApp) -> None:
        raise WrongUsage("the interface was started")

    monkeypatch.setattr(InvestigateApp, "run", never)

    assert main(["s3://logs"]) == 1
    assert "no (complete) AWS credentials" in capsys.readouterr().err


@asynccontextmanager
async def looking(proxy: FaultProxy, bucket: str) -> AsyncIterator[Driver]:
    """Somebody at the keyboard over a bucket."""
    app = InvestigateApp([f"s3://{bucket}"], remote=Remote(options(proxy.url)), start=REPOSITORIES)
    app._ask_what = False
    app.animation_level = "none"
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            yield driver
    finally:
        app.finish()


async def until_idle(driver: Driver) -> None:
    await driver.until(lambda: not driver.app._lookout.busy)
    await driver.settle()


@pytest.fixture
def large(server: Server, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of some days, of which the last one is shown first."""
    monkeypatch.setattr(opening, "FIRST_BYTES", 1)
    objects = {key(n, day=f"2026/03/{n:02}"): delivery(n) for n in range(1, DAYS + 1)}
    server.fill(bucket, objects)
    return bucket


@pytest.fixture
def gate(proxy: FaultProxy) -> Event:
    """All objects but the newest are held back until it is opened."""
    opened = Event()

    def rule(request: Request) -> None:
        if request.is_object and not request.path.endswith(NEWEST):
            opened.wait(60)

    proxy.rule = rule
    return opened


async def test_the_newest_objects_are_shown_while_the_rest_is_fetched(
    proxy: FaultProxy, large: str, gate: Event
) -> None:
    async with looking(proxy, large) as driver:
        driver.on(RepositoriesScreen)
        assert driver.row["pushes"] == 1
        assert "reading on: 1 of 8 files" in driver.part("#status")
        assert driver.part("#banner").startswith(f" ⇣ 1 of {DAYS} objects · ")
        await driver.press("X")
        await until_idle(driver)
        assert "only 1 of 8 files were read" in driver.part("#banner")
        assert any("r reads on" in notice for notice in driver.notices)
        await driver.press("r")
        assert driver.part("#banner").startswith(f" ⇣ 1 of {DAYS} objects · ")
        gate.set()
        await until_idle(driver)
        assert driver.row["pushes"] == DAYS
        assert not driver.app.screen.query(Banner)
        assert "complete" in driver.part("#status")
        listings = [request.query for request in proxy.requests if request.is_list]
        assert len(listings) == len(set(listings)), "what was listed is not listed again"


async def test_what_was_read_when_it_was_left_is_shown_at_once_the_next_time(
    proxy: FaultProxy, large: str, gate: Event
) -> None:
    async with looking(proxy, large) as driver:
        await driver.press("q")
    assert driver.app.return_code == 0
    proxy.forget()
    async with looking(proxy, large) as driver:
        assert driver.row["pushes"] == 1
        assert "reading on: 1 of 8 files" in driver.part("#status")
        gate.set()
        await until_idle(driver)
        assert driver.row["pushes"] == DAYS
        assert driver.app.evidence_complete
    assert not [path for path in proxy.fetched() if path.endswith(NEWEST)]
