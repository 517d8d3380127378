"""The command palette: places, and the keys that work on the current screen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits
from textual.system_commands import SystemCommandsProvider

from tui.screens.base import CaseScreen
from tui.screens.places import TITLES


class ScreenCommands(SystemCommandsProvider):
    """Every place and every key of the screen below, found by words; then Textual's own commands.

    One provider for both: Textual asks several in no certain order.
    """

    def _commands(self) -> list[tuple[str, Callable[[], Any], str]]:
        screen = self.screen
        if not isinstance(screen, CaseScreen):
            return []
        found: list[tuple[str, Callable[[], Any], str]] = [
            (f"Go to {title}", partial(screen.action_go, place), "")
            for place, title in TITLES.items()
        ]
        for active in screen.active_bindings.values():
            binding = active.binding
            moving = active.node is not screen and active.node is not self.app and not binding.show
            # Textual's own, for the keyboard alone: nothing anybody would look for by its name.
            moving |= binding.action.startswith("app.focus") or binding.action == "screen.copy_text"
            if active.enabled and binding.description and not (binding.system or moving):
                key = binding.key_display or self.app.get_key_display(binding)
                run = partial(self.app.run_action, binding.action, active.node)
                found.append((binding.description, run, f"key {key}"))
        return found

    async def discover(self) -> Hits:
        for title, run, note in self._commands():
            yield DiscoveryHit(title, run, help=note)
        async for hit in super().discover():
            yield hit

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, run, note in self._commands():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, help=note)
        async for hit in super().search(query):
            yield hit
