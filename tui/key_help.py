"""The help of a screen: every key that works on it now, each as something to click."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding

from tui.configuration.key_words import with_keys
from tui.dialogs import Help
from tui.jobs import Jobs


class KeyHelp(Jobs):
    """The action for it. A subclass says which keys are its own."""

    segment: str = ""
    """This screen's part of the breadcrumb (log text: shown literally)."""
    explains: str = ""
    """One or two sentences for the help dialog."""

    def action_help(self) -> None:
        lines = self._key_lines()
        shown = [(" ".join(keys), what) for keys, what, _ in lines]
        pressed = [key for _, _, key in lines]

        def clicked(key: str | None) -> None:
            if key is not None:
                self.app.simulate_key(key)

        explains = with_keys(self.explains)
        self.app.push_screen(Help(self.segment, explains, shown, pressed), clicked)

    def keys_here(self) -> list[tuple[str, str]]:
        """(keys, what they do) for all that works on this screen now: its own keys first, then
        those of every screen, then how to move; keys that do the same share a line."""
        return [(" ".join(keys), what) for keys, what, _ in self._key_lines()]

    def _key_lines(self) -> list[tuple[list[str], str, str]]:
        """Keys as shown, what they do, and the first of them as Textual calls it."""
        own = {binding.action for binding in self.own_bindings()}
        grouped: dict[tuple[int, str], list[str]] = {}
        first: dict[tuple[int, str], str] = {}
        for active in self.active_bindings.values():
            binding = active.binding
            if not active.enabled or not binding.description or binding.system:
                continue
            if binding.action == "screen.copy_text":
                continue  # Textual's own, for text marked with the mouse; y copies here
            shown = binding.key_display or self.app.get_key_display(binding)
            here = active.node is self or active.node is self.app
            if binding.action in own or (binding.show and not here):
                group = 0
            else:
                group = 1 if here and not binding.action.startswith("app.focus") else 2
            grouped.setdefault((group, binding.description), []).append(shown)
            first.setdefault((group, binding.description), binding.key)
        ordered = sorted(grouped.items(), key=lambda entry: entry[0][0])
        return [(keys, line[1], first[line]) for line, keys in ordered]

    def own_bindings(self) -> Iterable[Binding]:
        """The keys that this kind of screen adds to those of every screen."""
        return ()
