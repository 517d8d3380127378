"""The keys of the configuration: read, checked against every screen, and as Textual wants them.

[keys]
quit = "ctrl+q"            # on every screen
go-where = ["d", "f4"]
[keys.pushes]              # on one screen
where = "w"
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from textual.binding import BindingsMap

from tui.configuration.key_words import in_configuration, spelled
from tui.configuration.naming import PLACES, bindings_of, name_of, scope_of

if TYPE_CHECKING:
    from queries.findings.toml_file import Table


@dataclass(frozen=True)
class KeyMap:
    """Which keys are not what the program gives: Textual's binding id -> keys, with commas."""

    changed: Mapping[str, str] = field(default_factory=dict)


class Action(NamedTuple):
    """An action that a key can have: its name, what it does, its keys by default."""

    name: str
    does: str
    keys: tuple[str, ...]


class _Bound(NamedTuple):
    """A key on a screen: of which widget (or the screen itself), and what it does there."""

    owner: str
    name: str
    key: str
    fixed: bool


def load_places() -> list[type[Any]]:
    """Every class with keys; this imports every screen."""
    import tui.app
    import tui.screens

    for module in pkgutil.iter_modules(tui.screens.__path__):
        import_module(f"tui.screens.{module.name}")
    return list(PLACES)


def actions() -> list[Action]:
    """All of them, those of every screen first, then screen by screen."""
    found: dict[str, Action] = {}
    for place in load_places():
        for binding in bindings_of(place):
            name = str(binding.id)
            known = found.get(name)
            keys = (*known.keys, binding.key) if known else (binding.key,)
            does = known.does if known else binding.description
            found[name] = Action(name, does, tuple(dict.fromkeys(keys)))
    return sorted(found.values(), key=lambda action: "." in action.name)


def read_keys(table: Table) -> KeyMap:
    """The table [keys] of a configuration. Raises `WrongUsage` with the line that is wrong."""
    if not table.names:
        return KeyMap()
    ids = [action.name for action in actions()]
    scopes = sorted({name.partition(".")[0] for name in ids if "." in name})
    plain = sorted({name.rpartition(".")[2] for name in ids})
    table.only(*plain, *scopes, what="action or screen")
    everywhere: dict[str, str] = {}
    single: dict[str, str] = {}
    named: dict[str, tuple[Table, str]] = {}
    for name in table.names:
        if name in scopes and table.is_table(name):
            own = table.table(name)
            here = [i.partition(".")[2] for i in ids if i.startswith(f"{name}.")]
            own.only(*here, what=f"action of the screen {name}")
            for action in own.names:
                single[f"{name}.{action}"] = _keys(own, action)
                named[f"{name}.{action}"] = (own, action)
        elif name in plain:
            everywhere[name] = _keys(table, name)
            for one in ids:
                if one.rpartition(".")[2] == name:
                    named.setdefault(one, (table, name))
        else:
            table.table(name)  # says that a screen's actions are a table
    changed = {name: everywhere[last] for name in ids if (last := _last(name)) in everywhere}
    found = KeyMap({**changed, **single})
    for clash in clashes(found):
        for name in clash.names:
            if name in named:
                at, key = named[name]
                at.fail(key, clash.words)
    return found


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _keys(table: Table, name: str) -> str:
    texts = (table.text(name, ""),) if table.is_text(name) else table.texts(name)
    if not texts:
        table.fail(name, f"'{name}' needs at least one key")
    try:
        return ",".join(spelled(text) for text in texts)
    except ValueError as wrong:
        table.fail(name, str(wrong))


# ---- keys that would mean two things ----------------------------------------------------------


class Clash(NamedTuple):
    """Two actions on one key of one screen."""

    names: tuple[str, str]
    words: str


WIDGETS = {
    "PagedTable": None,
    "Facts": None,
    "JsonView": ("RawScreen",),
    "LaneChart": ("TimelineScreen",),
    "TimeStrip": ("ActivityScreen", "SelectionScreen"),
    "TickList": ("SelectionScreen",),
    "SqlArea": ("SqlScreen",),
}
"""On which screens a widget with keys stands; None for all. Its keys come before the screen's."""


def clashes(keymap: KeyMap) -> Iterator[Clash]:
    """What a key map would hide: an action whose key, on some screen, does something else first.
    What the program itself puts on one key (a widget's before its screen's) is as intended."""
    from tui.app import InvestigateApp

    load_places()
    for screen in _screens():
        bound = [*_bound("", screen, keymap), *_bound("", InvestigateApp, keymap)]
        # Textual binds its own key for the palette when the program starts.
        palette = InvestigateApp.COMMAND_PALETTE_BINDING
        bound.append(_Bound("", "command-palette", palette, True))
        for place in PLACES:
            where = WIDGETS.get(place.__name__, ())
            if where is None or screen.__name__ in where:
                bound += _bound(place.__name__, place, keymap)
        yield from _among(bound, keymap, scope_of(screen.__name__))


def _screens() -> list[type[Any]]:
    """Every kind of screen that is shown, with keys of its own or not."""
    from tui.screens.base import CaseScreen
    from tui.screens.selection import SelectionScreen

    kinds: list[type[Any]] = [CaseScreen]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return [*kinds[1:], SelectionScreen]


def _bound(owner: str, place: type[Any], keymap: KeyMap) -> Iterable[_Bound]:
    merged: BindingsMap = place._merged_bindings
    for key, binding in merged:
        if binding.action.startswith("tour("):
            continue  # while the tour is on they come first; else they are not there
        name = binding.id or ""
        if not name:
            yield _Bound(owner, name_of(binding), key, True)
        elif name not in keymap.changed:
            yield _Bound(owner, name, key, True)
        else:
            for other in keymap.changed[name].split(","):
                yield _Bound(owner, name, other, False)


def _among(bound: list[_Bound], keymap: KeyMap, scope: str) -> Iterator[Clash]:
    by_key: dict[str, list[_Bound]] = {}
    for one in bound:
        by_key.setdefault(one.key, []).append(one)
    for key, those in by_key.items():
        for one in those:
            for other in those:
                apart = one.owner and other.owner and one.owner != other.owner
                same = _last(one.name) == _last(other.name)
                if one.fixed or one is other or same or apart:
                    continue
                yield Clash(
                    (one.name, other.name),
                    f"'{_last(one.name)}' and '{_last(other.name)}' would both be on"
                    f" '{in_configuration(key)}' on the screen {scope}: give one another key",
                )


def as_rows(keymap: KeyMap) -> list[dict[str, str]]:
    """Every action with its keys now and by default, for a table."""
    return [
        {
            "action": action.name,
            "keys": _spoken(keymap.changed.get(action.name, ",".join(action.keys))),
            "default": _spoken(",".join(action.keys)),
            "does": action.does,
        }
        for action in actions()
    ]


def _spoken(keys: str) -> str:
    return " ".join(in_configuration(key) for key in keys.split(","))
