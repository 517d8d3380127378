"""What the configuration says about the interface: it stands in the same file as the rules.

[interface]
theme = "light"
plain = false
tour = false

with [keys] (`key_map`) and [themes.NAME] (`themes`) beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from queries.errors import WrongUsage
from queries.folders import settings_path
from tui.configuration.key_map import KeyMap
from tui.configuration.themes import known

if TYPE_CHECKING:
    from textual.theme import Theme

DEFAULT_THEME = "dark"


@dataclass(frozen=True)
class Preferences:
    """How the interface is to be."""

    theme: str = DEFAULT_THEME
    themes: tuple[Theme, ...] = ()
    """The user's own."""
    keys: KeyMap = field(default_factory=KeyMap)
    plain: bool = False
    tour: bool = True
    """Whether the first start on the demo offers the tour."""
    path: Path | None = None


def load_preferences(path: Path | None = None) -> Preferences:
    """The interface's part of `path`, or of the usual file if there is one. Raises `WrongUsage`
    with the line that is wrong."""
    if path is None:
        usual = settings_path()
        path = usual if usual.is_file() else None
    if path is None:
        return Preferences()
    # Only for who has a configuration: most starts go without.
    from queries.findings.toml_file import TomlFile
    from tui.configuration.key_map import read_keys
    from tui.configuration.themes import read_themes

    top = TomlFile.read(path).table()
    table = top.table("interface")
    table.only("theme", "plain", "tour")
    own = read_themes(top.table("themes"))
    return Preferences(
        theme=table.choice("theme", list(known(own)), "theme", DEFAULT_THEME),
        themes=tuple(own),
        keys=read_keys(top.table("keys")),
        plain=table.flag("plain"),
        tour=table.flag("tour", default=True),
        path=path,
    )


def theme_of(preferences: Preferences, wanted: str | None) -> str:
    """The theme that is asked for on the command line, else that of the configuration. Raises
    `WrongUsage` for one that does not exist."""
    if wanted is None:
        return preferences.theme
    names = list(known(preferences.themes))
    if wanted not in names:
        from difflib import get_close_matches

        near = get_close_matches(wanted, names, 1, 0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names)}"
        raise WrongUsage(f"--theme: there is no theme '{wanted}'; {hint}")
    return wanted
