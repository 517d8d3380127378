"""What every screen looks like, at both sizes. `make snapshots` takes what is shown now as right.

One run of the program passes many screens, as starting it takes longer than looking at one.
"""

from __future__ import annotations

import inspect
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from queries.progress import CancelToken, Progress
from queries.sources.buckets.choice import Offer
from queries.sources.buckets.source import Share
from samples import incident_path
from tests.evidence_files import at, image, push, record, trail, write
from tests.providers.test_mixed import ACR
from tests.providers.test_mixed import files as crossing
from tests.tui.driving import API, IMPLANT, MIDDLE, NARROW, Driver, driving
from tests.tui.test_hostile import CONTROL, MARKUP, NESTED, attacked
from tui.app import FINDINGS, InvestigateApp
from tui.screens.loading import LoadingScreen
from tui.screens.selection import SelectionScreen

SIZES = {"80x24": NARROW, "120x40": MIDDLE}


class Album:
    """Compares pictures with the ones on disk, and names those that differ at the end."""

    def __init__(self, snapshot: SnapshotAssertion) -> None:
        self._snapshot = snapshot.use_extension(SVGImageExtension)
        self._differ: list[str] = []

    async def take(self, pilot: Pilot[None], name: str) -> None:
        app = pilot.app
        for box in app.screen.query(Input):
            box.cursor_blink = False
        await pilot.pause()  # a scrollbar appears only once Textual finds the time
        await pilot.pause()
        if self._snapshot(name=name) != app.export_screenshot(title="ecr-investigate"):
            self._differ.append(name)

    def check(self) -> None:
        assert not self._differ, (
            f"{', '.join(self._differ)} look different now; if that is right: make snapshots"
        )


@pytest.fixture
def album(snapshot: SnapshotAssertion) -> Album:
    return Album(snapshot)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to stand in, so that every path on a screen is short and the same everywhere."""
    folder = tmp_path_factory.mktemp("place")
    for name in ("incident", "google", "azure", "cluster"):
        shutil.copytree(incident_path(name), folder / name)
    write(folder / "mixed", crossing())
    write(folder / "markup", {"[red].json": trail(attacked(MARKUP + NESTED))})
    write(folder / "control", {"bell\x07.json": trail(attacked(CONTROL))})
    layers = [f"layer {number}" for number in range(900)]
    huge = [
        push(image(*layers), "fat", at(0), userAgent="agent " + "x" * 5000),
        record("DescribeImages", at(1), userAgent="y" * 9000),
    ]
    write(folder / "huge", {"huge.json": trail(huge)})
    return folder


@pytest.fixture(autouse=True)
def stand_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


@pytest.mark.parametrize("size", SIZES)
async def test_the_way_down(album: Album, size: str) -> None:
    narrow = size == "80x24"
    async with driving("incident", size=SIZES[size], case_file="incident.duckdb") as driver:
        await album.take(driver.pilot, "repositories")
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await album.take(driver.pilot, "pushes")
        await driver.press("?")
        await album.take(driver.pilot, "help")
        await driver.press("escape")
        if narrow:
            await driver.press("v")
            await album.take(driver.pilot, "sql")
            await driver.press("escape")
        await driver.press("enter")
        await album.take(driver.pilot, "push image")
        await driver.press("2")
        await album.take(driver.pilot, "push layers")
        if narrow:
            await driver.press("3")
            await album.take(driver.pilot, "push records")
        await driver.press("5")
        await album.take(driver.pilot, "push ran")
        await driver.press("c")
        await album.take(driver.pilot, "changes")
        await driver.press("end", "enter")
        await album.take(driver.pilot, "layer")
        await driver.press("escape", "escape", "escape", "t")
        await album.take(driver.pilot, "tags")
        await driver.go_to(tag="prod")
        await driver.press("enter")
        await album.take(driver.pilot, "tag")
        await driver.press("escape", "escape", "enter", "w")
        await album.take(driver.pilot, "behind chain")
        await driver.press("2")
        await album.take(driver.pilot, "behind touched")
        await driver.press("3")
        await album.take(driver.pilot, "behind created")
        await driver.press("escape")
        await driver.press("1", "u")
        await album.take(driver.pilot, "user who")
        if narrow:
            await driver.press("2")
            await album.take(driver.pilot, "user sessions")
            await driver.press("3")
            await album.take(driver.pilot, "user used")
        await driver.press("1", "a")
        await album.take(driver.pilot, "activity")
        await driver.press("c")
        await album.take(driver.pilot, "scope")
        await driver.press("escape", "enter")
        await album.take(driver.pilot, "record")
    album.check()


CLOUDS = {
    "google": "example-shop/europe-west3/shop/api",
    "azure": "exampleshop.azurecr.io/shop/checkout",
    "cluster": "111122223333/us-east-1/team/pay",
    "mixed": ACR,
}
"""Evidence of the other clouds, and the repository to look into."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cloud", CLOUDS)
async def test_the_other_clouds(album: Album, cloud: str, size: str) -> None:
    async with driving(cloud, size=SIZES[size], case_file=f"{cloud}.duckdb") as driver:
        await album.take(driver.pilot, "repositories")
        await driver.go_to(repository=CLOUDS[cloud])
        await driver.press("enter")
        await album.take(driver.pilot, "pushes")
        await driver.press("enter")
        await album.take(driver.pilot, "push image")
        await driver.press("5")
        await album.take(driver.pilot, "push ran")
        if cloud == "cluster":
            await driver.press("p")
            await album.take(driver.pilot, "principals")
    album.check()


@pytest.mark.parametrize("size", SIZES)
async def test_the_other_places(album: Album, size: str) -> None:
    async with driving("incident", size=SIZES[size], case_file="incident.duckdb") as driver:
        await driver.press("e")
        await album.take(driver.pilot, "evidence")
        await driver.press("p")
        await album.take(driver.pilot, "principals")
        await driver.press("D")
        await album.take(driver.pilot, "where")
        for key, name in (("2", "pullers"), ("3", "pulled"), ("4", "scans")):
            await driver.press(key)
            await album.take(driver.pilot, f"where {name}")
        await driver.press("escape")
        if size == "80x24":
            await driver.press("/")
            await driver.write("nobody")
            await album.take(driver.pilot, "nothing found")
            await driver.press("escape")
        for key, name in (("K", "keys"), ("A", "addresses"), ("O", "resources"), ("I", "images")):
            await driver.press(key)
            await album.take(driver.pilot, name)
            await driver.press("escape")
        await driver.press("S")
        await album.take(driver.pilot, "menu")
        await driver.press("escape", "ctrl+f")
        await driver.write("sam.sre")
        await driver.press("enter")
        await album.take(driver.pilot, "search")
        await driver.press("escape", "Q")
        await driver.write("select platform, event_name, matched from deployments order by 1, 2")
        await driver.press("enter")
        await album.take(driver.pilot, "sql prompt")
    album.check()


@pytest.mark.parametrize("size", SIZES)
async def test_the_findings(album: Album, size: str) -> None:
    narrow = size == "80x24"
    options: dict[str, Any] = {
        "size": SIZES[size],
        "case_file": "incident.duckdb",
        "start": FINDINGS,
    }
    async with driving("incident", **options) as driver:
        await album.take(driver.pilot, "stories")
        await driver.press(*["j"] * 6)
        await album.take(driver.pilot, "finding")
        await driver.press("enter")
        await album.take(driver.pilot, "events behind")
        await driver.press("escape", "m")
        if narrow:
            await album.take(driver.pilot, "list")
        await driver.press("n")
        await album.take(driver.pilot, "rules")
        await driver.press("escape", "T")
        await driver.press("n", "n", "[", *["l"] * 8, "]")
        await album.take(driver.pilot, "timeline")
    album.check()


@pytest.mark.parametrize("size", SIZES)
async def test_marks(album: Album, size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECR_INVESTIGATE_AUTHOR", "ana")
    moments = iter(datetime(2026, 3, 10, 9, minute) for minute in range(60))
    monkeypatch.setattr("queries.marks.keeper.now", lambda: next(moments))
    async with driving("incident", size=SIZES[size]) as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        await driver.press("M", "M")
        await driver.write("implant t1525")
        await driver.press("tab")
        await driver.write("pushed with a key that was made an hour before")
        await album.take(driver.pilot, "dialog")
        await driver.press("enter", "up", "M")
        await album.take(driver.pilot, "marked pushes")
        await driver.press("down", "enter", "3", "M", "enter")
        await album.take(driver.pilot, "marked record")
        await driver.press("B")
        await album.take(driver.pilot, "list")
        await driver.press("C")
        await album.take(driver.pilot, "containment")
        await driver.press("H")
        await album.take(driver.pilot, "hand over")
    album.check()


async def test_light_theme(album: Album) -> None:
    async with driving(
        "incident", size=MIDDLE, theme="light", case_file="incident.duckdb"
    ) as driver:
        await album.take(driver.pilot, "repositories")
        await to_activity(driver)
        await album.take(driver.pilot, "activity")
    album.check()


async def test_without_colour(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with driving("incident", case_file="incident.duckdb") as driver:
        await to_activity(driver)
        await album.take(driver.pilot, "activity")
    album.check()


@pytest.mark.parametrize("size", SIZES)
async def test_the_tour(album: Album, size: str) -> None:
    async with driving(
        "incident", size=SIZES[size], case_file="incident.duckdb", tour=True
    ) as driver:
        driver.screen.action_go("findings")  # where the program begins by itself
        await driver.settle()
        await album.take(driver.pilot, "begin")
        await driver.press("R", "enter")
        await driver.go_to(image_digest=IMPLANT)
        await album.take(driver.pilot, "pushes")
    album.check()


async def to_activity(driver: Driver) -> None:
    await driver.go_to(repository=API)
    await driver.press("enter")
    await driver.go_to(image_digest=IMPLANT)
    await driver.press("enter", "a")


@pytest.mark.parametrize("evidence", ["markup", "control", "huge"])
async def test_hostile_evidence(album: Album, evidence: str) -> None:
    async with driving(evidence, size=NARROW, case_file=f"{evidence}.duckdb") as driver:
        await driver.press("enter")
        await album.take(driver.pilot, "pushes")
        if evidence != "huge":
            await driver.press("enter")
            await album.take(driver.pilot, "push")
            await driver.press("escape")
        await driver.press("a")
        if evidence == "markup":
            await album.take(driver.pilot, "activity")
        await driver.press("enter")
        await album.take(driver.pilot, "record")
    album.check()


class Reading(App[None]):
    """The loading screen in the middle of its work, where a real one never stands still."""

    CSS_PATH = inspect.getfile(InvestigateApp).replace("app.py", "app.tcss")

    def on_mount(self) -> None:
        self.push_screen(self.shown())

    def shown(self) -> LoadingScreen:
        progress = Progress("reading", 277, 120, 460_000, 200_000, 1_304)
        progress.current = "incident/AWSLogs/o-exampleorg/[red]\x1b[2J.json.gz"
        return LoadingScreen(progress, CancelToken(), "incident")


class Fetching(Reading):
    """The same over a bucket."""

    def shown(self) -> LoadingScreen:
        progress = Progress("fetching 52,000 objects", 52_000, 1_200, 460_000_000, 200_000, 13_040)
        progress.to_fetch, progress.to_fetch_bytes = 51_000, 430_000_000
        progress.fetched, progress.fetched_bytes = 9_000, 81_000_000
        progress.reused, progress.not_fetched = 1_000, 2
        screen = LoadingScreen(progress, CancelToken(), "org-logs")
        screen._rate.note(0, 8_000, 70_000_000)
        screen._rate.note(2, 9_000, 81_000_000)
        # What is drawn is the state above, not the clock.
        screen._rate.note = lambda *_: None  # type: ignore[method-assign]
        return screen


class Choosing(App[None]):
    """The selection over a listing with a hostile name in it."""

    CSS_PATH = Reading.CSS_PATH

    def on_mount(self) -> None:
        shares = [
            Share(
                "org-logs", account, region, f"2026-03-{day:02}", "CloudTrail", day * 7, day << 16
            )
            for account in ("111122223333", "444455556666")
            for region in ("ap-southeast-2", "eu-west-1", "us-east-1")
            for day in range(1, 32)
        ]
        shares.append(Share("org-logs", "", "", "", "other", 12, 99_999))
        hostile = "s3://org-logs/AWSLogs/[red]\x1b[2J/: access denied: s3:ListBucket"
        self.push_screen(SelectionScreen(Offer(shares, [hostile]), "s3://org-logs", print))


@pytest.mark.parametrize("size", SIZES)
async def test_selection(album: Album, size: str) -> None:
    app = Choosing()
    async with app.run_test(size=SIZES[size]) as pilot:
        await pilot.press("down", "space", "d", "ctrl+u", *"2026-03-04 2026-03-20", "enter")
        await album.take(pilot, f"selection-{size}")
    album.check()


async def test_fetching(album: Album) -> None:
    app = Fetching()
    async with app.run_test(size=MIDDLE) as pilot:
        while "52,000" not in app.export_screenshot():
            await pilot.pause(0.02)
        await album.take(pilot, "fetching")
    album.check()


async def test_loading(album: Album) -> None:
    app = Reading()
    async with app.run_test(size=NARROW) as pilot:
        while "277" not in app.export_screenshot():
            await pilot.pause(0.02)
        await album.take(pilot, "loading")
    album.check()
