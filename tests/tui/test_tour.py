"""The tour: over the real screens, followed, skipped, and offered once."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from queries.folders import settings_path
from tests.headless.test_commands import USAGE, call, complaint
from tests.tui.driving import IMPLANT, MIDDLE, NARROW, Driver, driving
from tui.app import FINDINGS
from tui.dialogs import Help, Picker
from tui.screens.activity import ActivityScreen
from tui.screens.base import CaseScreen
from tui.screens.principals import PrincipalsScreen
from tui.screens.push import PushScreen
from tui.screens.pushes import PushesScreen
from tui.screens.raw import RawScreen
from tui.screens.repositories import RepositoriesScreen
from tui.tour import STEPS, Tour, first_time
from tui.widgets.key_bar import KeyBar
from tui.widgets.tour_panel import TourPanel


def tour_of(driver: Driver) -> Tour:
    tour = driver.app.tour
    assert tour is not None
    return tour


async def on(driver: Driver) -> None:
    """Press the key that goes on, and wait until the tour stands on the next screen."""
    at = heading(driver)
    driver.send("space")
    for _ in range(500):
        await driver.pilot.pause(0.01)
        await driver.settle()
        if heading(driver) != at:
            return
    raise AssertionError(f"still at {at}")


def heading(driver: Driver) -> str:
    found = driver.app.screen.query("#tour-heading")
    return driver.text(found.first()).strip() if found else ""


@pytest.mark.parametrize("size", [NARROW, MIDDLE])
async def test_the_tour_walks_from_the_findings_to_the_report(size: tuple[int, int]) -> None:
    async with driving(start=FINDINGS, size=size, tour=True) as driver:
        seen = []
        for number, step in enumerate(STEPS, 1):
            if number > 1:
                await on(driver)
            front = driver.app.screen
            seen.append(type(front).__name__)
            assert heading(driver) == f"Tour {number} of {len(STEPS)} · {step.title}"
            # All of it is on the screen, and so is the line of keys.
            said = " ".join(driver.text(front.query_one("#tour-text")).split())
            assert said.endswith(step.text.split()[-1])
            assert "{" not in said
            if isinstance(front, CaseScreen):
                assert "? Keys" in driver.text(front.query_one(KeyBar))
            if isinstance(front, PushScreen):
                assert IMPLANT[:20] in driver.text()
            if isinstance(front, RawScreen):
                assert '"eventVersion"' in driver.text()
        assert seen == [step.kind for step in STEPS]
        await driver.press("escape")
        assert not driver.app.screen.query(TourPanel)
        assert not isinstance(driver.app.screen, Picker)
        assert not list(Path.cwd().glob("incident-report*"))
        await driver.press("escape")
        driver.on(RawScreen)  # Esc goes back again, as ever


async def test_it_can_be_left_at_once_and_its_keys_are_gone() -> None:
    async with driving(start=FINDINGS, tour=True) as driver:
        await driver.press("escape")
        assert not driver.app.screen.query(TourPanel)
        await driver.press("R", "space", "backspace")
        driver.on(RepositoriesScreen)
        assert not driver.app.screen.query(TourPanel)


async def test_what_the_user_does_is_followed_and_a_detour_is_taken_back() -> None:
    async with driving(start=FINDINGS, tour=True) as driver:
        await driver.press("R")
        assert heading(driver).startswith("Tour 2 of")
        await driver.press("enter")
        driver.on(PushesScreen)
        assert heading(driver).startswith("Tour 3 of")
        await driver.press("p")
        driver.on(PrincipalsScreen)  # elsewhere: the lines stay, and say where the walk stands
        assert heading(driver).startswith("Tour 3 of")
        await on(driver)
        driver.on(PushScreen)
        await driver.press("backspace")
        driver.on(PushesScreen)
        assert heading(driver).startswith("Tour 3 of")


async def test_dialogs_and_boxes_keep_their_keys() -> None:
    async with driving(start=FINDINGS, tour=True) as driver:
        await driver.press("?")
        driver.on(Help)
        await driver.press("escape")
        assert heading(driver).startswith("Tour 1 of")
        await driver.press("/")
        await driver.write("a b")
        assert driver.app.screen.query_one("#filter", Input).value == "a b"


async def test_its_words_can_be_clicked() -> None:
    async with driving(start=FINDINGS, tour=True) as driver:
        words = list(driver.app.screen.query("TourWord"))
        await driver.click(words[0], 1)
        driver.on(RepositoriesScreen)
        words = list(driver.app.screen.query("TourWord"))
        assert len(words) == 3
        await driver.click(words[-1], 1)
        assert not driver.app.screen.query(TourPanel)


async def test_without_the_tour_nothing_of_it_is_there() -> None:
    async with driving() as driver:
        await driver.press("enter", "a", "space", "backspace")
        driver.on(ActivityScreen)
        assert not driver.app.screen.query(TourPanel)
        assert driver.app.tour is None


def test_it_is_offered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert first_time()
    assert not first_time()
    assert [path.name for path in settings_path().parent.iterdir()] == ["tour-seen"]


def test_where_it_could_not_be_kept_it_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert not first_time()


def test_it_is_for_the_demo_only(tmp_path: Path) -> None:
    done = call("--tour", tmp_path)
    assert done.returncode == USAGE
    assert "--tour walks over the demo" in complaint(done)
