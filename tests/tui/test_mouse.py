"""Every key has a way with the mouse: the line of keys, or a line of the help, or a word of a
dialog; what has none is listed here, with the reason."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest
from textual import events
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

import tui
from tests.tui.driving import API, IMPLANT, Driver, driving
from tui.app import FINDINGS
from tui.clicks import Clicks
from tui.dialogs import Help, KeyLine, Picker
from tui.screens.base import CaseScreen
from tui.screens.places import TITLES
from tui.screens.principals import PrincipalsScreen
from tui.screens.repositories import RepositoriesScreen
from tui.screens.search import SearchScreen
from tui.widgets.dialog_keys import KeyWord
from tui.widgets.key_bar import KeyBar

WITHOUT_A_MOUSE_WAY = {
    "screen.copy_text": "text that was marked with the mouse; the terminal's own copy does it",
    "quit": "ctrl+c and ctrl+q beside the key that is shown",
    "command_palette": "ctrl+p beside the key that is shown",
    "help_quit": "Textual's answer to a ctrl+c that quits nothing",
}


async def clicked(driver: Driver, words: str) -> None:
    """Open the help with the mouse, and click the line that says this."""
    bar = driver.app.screen.query_one(KeyBar)
    await driver.click(bar, driver.text(bar).index("? Keys") + 1)
    for line in driver.on(Help).query(KeyLine):
        if str(line.content).strip().endswith(f"  {words}"):
            line.scroll_visible(animate=False)
            await driver.settle()
            await driver.click(line, 3)
            return
    raise AssertionError(f"the help has no line {words}")


def without_a_way(screen: CaseScreen) -> list[str]:
    listed = {key for keys, _ in screen.keys_here() for key in keys.split(" ")}
    missing = []
    for active in screen.active_bindings.values():
        binding = active.binding
        shown = binding.key_display or screen.app.get_key_display(binding)
        action = binding.action.removeprefix("app.")
        if active.enabled and shown not in listed and action not in WITHOUT_A_MOUSE_WAY:
            missing.append(f"{type(screen).__name__}: {binding.key} {binding.action}")
    return missing


async def test_no_action_of_any_screen_is_without_a_way_for_the_mouse() -> None:
    missing: list[str] = []
    async with driving(start=FINDINGS) as driver:
        for place in TITLES:
            driver.screen.action_go(place)
            await driver.settle()
            if isinstance(driver.app.focused, Input):
                continue  # every character belongs to the box; Esc and a click leave it
            missing += without_a_way(driver.screen)
        driver.screen.action_go("repositories")
        await driver.settle()
        await driver.go_to(repository=API)
        await driver.press("enter")
        await driver.go_to(image_digest=IMPLANT)
        ways = "enter 2 3 4 5 6 c escape w 2 3 4 escape u 2 3 4 a enter escape escape escape escape"
        for key in f"{ways} t enter".split():
            await driver.press(key)
            missing += without_a_way(driver.screen)
    assert not missing


async def test_a_click_on_a_line_of_the_help_does_what_its_key_does() -> None:
    async with driving() as driver:
        await clicked(driver, "Search raw records")
        driver.on(SearchScreen)
    async with driving() as driver:
        await clicked(driver, "Principals")
        driver.on(PrincipalsScreen)
        await clicked(driver, "Screen before")
        driver.on(RepositoriesScreen)
        await clicked(driver, "Sort")
        driver.on(Picker)


@pytest.mark.parametrize(("opens", "word"), [("s", "cancels"), ("?", "closes"), ("v", "closes")])
async def test_dialogs_are_left_with_a_click(opens: str, word: str) -> None:
    async with driving() as driver:
        await driver.press(opens)
        assert isinstance(driver.app.screen, ModalScreen)
        for shown in driver.app.screen.query(KeyWord):
            if str(shown.content).endswith(f" {word}"):
                await driver.click(shown, 1)
        driver.on(RepositoriesScreen)


async def test_a_mark_is_made_and_taken_away_with_clicks() -> None:
    async with driving() as driver:
        await driver.go_to(repository=API)
        await driver.press("enter")
        await clicked(driver, "Mark")
        assert len(driver.app.case.marks) == 1
        await clicked(driver, "Mark")
        await driver.write("implant")
        for shown in driver.app.screen.query(KeyWord):
            if str(shown.content).endswith(" keeps"):
                await driver.click(shown, 1)
                break
        [mark] = driver.app.case.marks.all
        assert mark.tags == ("implant",)
        await clicked(driver, "Take back the last step of marking")
        await clicked(driver, "Take back the last step of marking")
        assert len(driver.app.case.marks) == 0


@pytest.mark.parametrize("opener", ["", "?", "v", ":"])
async def test_what_has_just_gone_can_be_clicked_on(opener: str) -> None:
    """It is drawn until the next layout, and no longer a part of the screen."""
    async with driving() as driver:
        if opener:
            await driver.press(opener)
        screen = driver.app.screen
        going = Static("going")
        going.styles.dock = "bottom"
        await screen.mount(going)
        await driver.settle()
        x, y = going.region.offset
        await going.remove()
        assert screen._compositor.get_widget_at(x, y)[0] is going, "it is not drawn any more"
        pressed = events.MouseDown(screen, x, y, 0, 0, 1, False, False, False, x, y)
        screen._forward_event(pressed)
        await driver.settle()
        assert driver.app.screen is screen


def test_every_screen_of_ours_bears_such_clicks() -> None:
    def below(kind: type) -> set[type]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    ours = {kind for kind in below(Screen) if kind.__module__.startswith("tui.")}
    assert len(ours) > 30
    assert {kind.__name__ for kind in ours if not issubclass(kind, Clicks)} == set()
