"""The interface's part of the configuration as text: commented, to begin with, or as it is now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tui.configuration.key_map import actions
from tui.configuration.key_words import in_configuration
from tui.configuration.themes import GROUNDS, MEANINGS, known

if TYPE_CHECKING:
    from queries.findings.settings import Settings
    from tui.configuration.preferences import Preferences

_BEGIN = """\
[interface]
# Colours: {themes}.
# theme = "dark"

# Lines of words in place of screens with boxes and bars: for screen readers and slow lines.
# plain = true

# Whether the first start on the demo offers a tour.
# tour = false

# A theme of your own; base is any of the above, and what is not given comes from it.
# [themes.mine]
# base = "dark"
# attention = "#ffc83d"
# danger = "#ea6237"
# write = "#57a5e2"
# selected = "#0178d4"
# background = "#000000"

[keys]
# The keys of an action, on every screen: a character, or a name such as ctrl+n, f2, pageup, enter.
# `ecr-investigate config --keys` lists all actions with what they do.
"""


def commented() -> str:
    """The tables about the interface, with every action of every screen, as comments."""
    text = _BEGIN.format(themes=", ".join(known()))
    scope = ""
    for action in actions():
        place, _, name = action.name.rpartition(".")
        if place != scope:
            scope = place
            text += f"\n# On the screen {place} only.\n# [keys.{place}]\n"
        does = f"  # {action.does}" if action.does else ""
        text += f"# {name} = {_keys(action.keys)}{does}\n"
    return text + "\n"


def _keys(keys: Iterable[str]) -> str:
    return _value(one[0] if len(one := [in_configuration(key) for key in keys]) == 1 else one)


def in_force(settings: Settings, preferences: Preferences) -> str:
    """All that holds now, as a configuration that says the same; defaults are marked as such."""
    from queries.findings.settings import DAYS, Settings

    usual = Settings()
    lines: list[str] = []

    def line(name: str, value: Any, default: Any) -> None:
        mark = "  # default" if value == default else ""
        lines.append(f"{name} = {_value(value)}{mark}")

    own = [rule for rule in settings.rules if rule.source]
    lines.append(f"# rules: {len(settings.rules) - len(own)} built in, {len(own)} of your own")
    lines.append(f"# digests known as good: {len(settings.digests)}")
    line("off", sorted(settings.off), [])
    for name in ("learning_days", "habit_pushes", "story_gap_hours"):
        line(name, getattr(settings, name), getattr(usual, name))
    lines += ["", "[expected]"]
    for name in ("principals", "automation", "accounts", "regions"):
        line(name, list(getattr(settings, name)), [])
    line("networks", [str(network) for network in settings.networks], [])
    lines += ["", "[hours]"]
    line("time_zone", settings.time_zone, usual.time_zone)
    if settings.hours is not None:
        for name, minutes in zip(("from", "until"), settings.hours, strict=True):
            lines.append(f"{name} = {_value(f'{minutes // 60:02}:{minutes % 60:02}')}")
    line("days", [DAYS[int(day) - 1] for day in settings.days], list(DAYS[:5]))
    lines += _sources(settings)
    lines += ["", "[interface]"]
    for name, default in (("theme", "dark"), ("plain", False), ("tour", True)):
        line(name, getattr(preferences, name), default)
    lines += _themes(preferences)
    lines += ["", "[keys]"]
    lines += [
        f"{name} = {_keys(keys.split(','))}"
        for name, keys in sorted(preferences.keys.changed.items())
    ]
    lines += ["", "[severity]"]
    lines += [f"{rule} = {_value(said)}" for rule, said in sorted(settings.severities.items())]
    for rule in settings.rules:
        given = settings.thresholds.get(rule.id, {})
        if rule.thresholds:
            lines += ["", f"[thresholds.{rule.id}]"]
        for name, threshold in rule.thresholds.items():
            line(name, given.get(name, threshold.value), threshold.value)
    return "\n".join(lines) + "\n"


def _sources(settings: Settings) -> list[str]:
    sources = settings.sources
    lines = ["", "[enrichment]"]
    for name in ("geo", "ci"):
        lines.append(f"{name} = {_value([str(path) for path in getattr(sources, name)])}")
    for name in ("aws_ranges", "accounts"):
        lines += [f"{name} = {_value(str(path))}" for path in getattr(sources, name)]
    lines += ["", "[account_names]"]
    return lines + [f"{_value(key)} = {_value(name)}" for key, name in sources.names.items()]


def _themes(preferences: Preferences) -> list[str]:
    lines = []
    for theme in preferences.themes:
        colours = theme.to_color_system().generate() | theme.variables
        lines += ["", f"[themes.{theme.name}]", f'base = "{"dark" if theme.dark else "light"}"']
        lines += [f"{name} = {_value(colours[text])}" for name, (_, text) in MEANINGS.items()]
        lines += [f"{name} = {_value(colours[name])}" for name in GROUNDS]
    return lines


def _value(value: Any) -> str:
    """A value in TOML; strings and lists of them look as in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        raise TypeError("a table has lines of its own")
    if isinstance(value, int | float):
        return f"{value:g}"
    return json.dumps(value, ensure_ascii=False)
