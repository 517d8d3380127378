"""How keys are spelled: in the configuration, in sentences, and what they are now.

One program shows one interface: the key map it was started with holds for all of its screens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from textual.keys import Keys, _character_to_key, format_key

from tui.configuration.naming import DEFAULTS

MODIFIERS = ("ctrl", "alt", "shift", "super", "meta", "hyper")
NAMED = frozenset(
    key.value for key in Keys if "+" not in key.value and "<" not in key.value and key.value
) - {"ignore"}
_PLACE = re.compile(r"\{([a-z][a-z0-9.-]*)\}")
_held: dict[str, str] = {}


def use(keymap: Mapping[str, str]) -> None:
    """From now on sentences speak of these keys."""
    _held.clear()
    _held.update(keymap)


def spelled(key: str) -> str:
    """Textual's spelling of a key that somebody wrote: a character, or the name of a key, with
    modifiers in front. Raises `ValueError` with what is wrong."""
    *modifiers, last = ["+"] if key == "+" else key.split("+")
    if last == "" and key.endswith("++"):
        modifiers, last = modifiers[:-1], "+"
    for modifier in modifiers:
        if modifier not in MODIFIERS:
            raise ValueError(f"'{modifier}' in '{key}' is none of {', '.join(MODIFIERS)}")
    if len(last) == 1 and last.isprintable() and last != " ":
        if modifiers == ["shift"]:
            raise ValueError(f"write '{last.upper()}' for '{key}': that is what a terminal sends")
        if last.isupper() and modifiers:
            raise ValueError(f"write '{key.lower()}' for '{key}'")
        last = _character_to_key(last)
    elif last not in NAMED and format_key(last) == last:
        raise ValueError(f"'{key}' is no key; write a character, or ctrl+n, f2, enter, pageup …")
    return "+".join([*modifiers, last])


def in_configuration(key: str) -> str:
    """A key as the configuration has it, for `spelled` to read again: `?`, `ctrl+f`, `enter`."""
    *modifiers, last = key.split("+")
    character = format_key(last)
    shown = character if len(character) == 1 and "!" <= character <= "~" else last
    return "+".join([*modifiers, shown])


def in_words(key: str) -> str:
    """A key as a sentence says it: `?` for `question_mark`, `ctrl+f` as it is."""
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, format_key(last)])


def key_of(name: str) -> str:
    """The key of a named action as it is now; the first, where there are several."""
    return in_words(_held[name].split(",")[0] if name in _held else DEFAULTS[name][0])


def with_keys(text: str) -> str:
    """A sentence of ours, with the keys of now in place of `{name}`."""
    return _PLACE.sub(lambda found: key_of(found[1]), text)
