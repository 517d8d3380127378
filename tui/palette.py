"""The command palette: places, and the keys that work on the current screen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.binding import Binding
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits
from textual.system_commands import SystemCommandsProvider

from tui.clicks import Clicks
from tui.screens.base import CaseScreen
from tui.screens.places import TITLES

OF_TEXTUAL = ("Theme", "Screenshot")
"""Its own commands that have no key here; it has another list of keys, and another way to quit."""


class Palette(Clicks, CommandPalette):
    """Textual's, which fails (8.2.8) when a key moves in a list that is not drawn, or not yet."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)


class ScreenCommands(SystemCommandsProvider):
    """Every place and every key of the screen below, found by words; then Textual's own commands.

    One provider for both: Textual asks several in no certain order.
    """

    def _commands(self) -> list[tuple[str, Callable[[], Any], str]]:
        screen = self.screen
        if not isinstance(screen, CaseScreen):
            return []
        keys = {
            active.binding.action: self._key(active.binding)
            for active in screen.active_bindings.values()
        }
        found: list[tuple[str, Callable[[], Any], str]] = [
            (f"Go to {title}", partial(screen.action_go, place), keys.get(f"go('{place}')", ""))
            for place, title in TITLES.items()
            if title != screen.segment
        ]
        said: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            moving = active.node is not screen and active.node is not self.app and not binding.show
            # Textual's own, for the keyboard alone: nothing anybody would look for by its name.
            moving |= binding.action.startswith("app.focus") or binding.action == "screen.copy_text"
            # The places stand there already, and two keys may do the same.
            moving |= binding.action.startswith("go(") or binding.action in said
            if active.enabled and binding.description and not (binding.system or moving):
                said.add(binding.action)
                run = partial(self.app.run_action, binding.action, active.node)
                found.append((binding.description, run, self._key(binding)))
        return found

    def _key(self, binding: Binding) -> str:
        return f"key {binding.key_display or self.app.get_key_display(binding)}"

    async def discover(self) -> Hits:
        for title, run, note in self._commands():
            yield DiscoveryHit(title, run, help=note)
        async for hit in super().discover():
            if self._of_textual(hit):
                yield hit

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, run, note in self._commands():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, help=note)
        async for hit in super().search(query):
            if self._of_textual(hit):
                yield hit

    def _of_textual(self, hit: Hit | DiscoveryHit) -> bool:
        """Whether it is nothing that the keys of a screen do as well, under the same name."""
        return not isinstance(self.screen, CaseScreen) or str(hit.text) in OF_TEXTUAL
