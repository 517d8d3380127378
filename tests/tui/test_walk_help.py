"""What is offered on every screen: the help with its keys, the palette, the places."""

from __future__ import annotations

import pytest
from textual.command import CommandList, CommandPalette
from textual.widgets import OptionList, Static

from tests.tui.driving import API, NARROW, Driver, driving
from tests.tui.walking import in_front, to_implant
from tui.dialogs import Help
from tui.screens.activity import ActivityScreen
from tui.screens.evidence import EvidenceScreen
from tui.screens.principals import PrincipalsScreen
from tui.screens.push import PushScreen
from tui.screens.pushes import PushesScreen
from tui.screens.repositories import RepositoriesScreen

SCREENS = [
    "repositories",
    "pushes",
    "push",
    "user",
    "activity",
    "raw",
    "evidence",
    "principals",
    "all events",
]


@pytest.mark.parametrize("name", SCREENS)
async def test_every_key_that_help_lists_does_something(name: str) -> None:
    async with driving() as driver:
        await in_front(driver, name)
        depth = len(driver.app.screen_stack)
        screen = driver.screen
        active = list(screen.active_bindings.values())
        await driver.press("?")
        said = "\n".join(str(part.content) for part in driver.on(Help).query(Static))
        listed = {line.strip().partition("  ")[2] for line in said.splitlines()}
        keys = {
            entry.binding.key: entry.binding.description
            for entry in active
            if entry.node is screen
            and entry.binding.description in listed
            # The keys that open a place are the same on every screen: pressed on the first.
            and (name == SCREENS[0] or not entry.binding.action.startswith("go("))
        }
        assert len(keys) > 8
        await driver.press("escape")
        # Escape and < go back; the first tab is open already; what opens help was tried just now.
        for key, description in keys.items():
            if key in (
                "escape",
                "less_than_sign",
                "alt+left",
                "1",
                "question_mark",
                "tab",
                "shift+tab",
            ):
                continue
            await driver.press("g")
            before = state(driver)
            await driver.press(key)
            assert state(driver) != before, f"{key} ({description}) does nothing"
            while len(driver.app.screen_stack) > depth:
                await driver.press("escape")
            if driver.screen.query_one("#filter").display:
                await driver.press("escape")
            if key in "1234":
                await driver.press("1")
            assert driver.screen is screen


def state(driver: Driver) -> object:
    """All that a key can change for somebody who looks at the screen, or pastes."""
    return (driver.text(), len(driver.app.screen_stack), driver.app.clipboard, driver.notices)


@pytest.mark.parametrize("opener", [":", "ctrl+p"])
async def test_palette_lists_places_and_runs_one(opener: str) -> None:
    async with driving() as driver:
        await driver.press(opener)
        palette = driver.on(CommandPalette)
        await options_in(driver, palette)
        assert "Go to Evidence" in driver.text()
        assert "Focus" not in driver.text()  # nobody looks for that by its name
        await driver.write("all pushes")
        await driver.until(lambda: "Go to All pushes" in driver.text())
        await driver.press("down", "enter")
        while isinstance(driver.app.screen, CommandPalette):
            await driver.press("enter")
        assert driver.on(PushesScreen).segment == "All pushes"
        assert {row["repository"] for row in await driver.rows()} > {API}


@pytest.mark.parametrize("keys", [(), ("Q",), ("E",)])
async def test_palette_names_nothing_twice(keys: tuple[str, ...]) -> None:
    async with driving() as driver:
        await driver.press(*keys, "ctrl+p")
        palette = driver.on(CommandPalette)
        await options_in(driver, palette)
        titles = [
            str(option.prompt).splitlines()[0].strip()
            for option in palette.query_one(OptionList).options
        ]
        assert sorted(titles) == sorted(set(titles))
        sql = [title for title in titles if "SQL" in title]
        assert set(sql) <= {"Go to SQL", "SQL behind this screen"}


@pytest.mark.parametrize("key", ["pagedown", "pageup", "end", "home"])
async def test_a_key_that_is_faster_than_the_list_of_the_palette_does_nothing(key: str) -> None:
    async with driving() as driver:
        await driver.press(":")
        palette = driver.on(CommandPalette)
        await options_in(driver, palette)
        palette._list_visible = False
        commands = palette.query_one(CommandList)
        commands._clear_caches()  # as they are before the list was drawn
        await driver.press(key)
        assert driver.app.is_running
        assert driver.app.screen is palette


async def options_in(driver: Driver, palette: CommandPalette) -> None:
    """The palette gathers its commands in the background."""
    await driver.until(lambda: bool(palette.query_one(OptionList).option_count))


async def test_places_open_by_key_from_every_level() -> None:
    async with driving() as driver:
        await to_implant(driver)
        await driver.press("enter", "E")
        assert driver.on(ActivityScreen).segment == "All events"
        await driver.press("e")
        driver.on(EvidenceScreen)
        await driver.press("p")
        driver.on(PrincipalsScreen)
        await driver.press("R")
        driver.on(RepositoriesScreen)
        await driver.press("escape", "escape", "escape", "escape")
        driver.on(PushScreen)


async def test_help_says_what_the_screen_is_for() -> None:
    async with driving(size=NARROW) as driver:
        await to_implant(driver)
        await driver.press("?")
        driver.on(Help)
        shown = " ".join(driver.part("#dialog").split())
        assert "Keys on team/api" in shown
        assert "≈ marks" in shown
        await driver.press("?")
        driver.on(PushesScreen)
