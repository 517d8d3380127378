"""Every key is a named action: the name is what the configuration, the help and the tests go by.

A name is the action with its argument (`go('where')` is `go-where`), or the description where the
argument is a number (`zoom(0.5)`, "Zoom in" is `zoom-in`). What only one screen binds is named with
the screen in front (`activity.only-writes`). Textual's `Binding.id` holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from textual.actions import parse
from textual.binding import Binding, BindingType

PLACES: list[type[NamedKeys]] = []
"""Every class with keys of its own, in the order in which they were made."""

DEFAULTS: dict[str, list[str]] = {}
"""Name -> the keys that the program itself gives it, in Textual's spelling."""

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UNFIT = re.compile(r"[^a-z0-9]+")


class NamedKeys:
    """Mixed into what has `BINDINGS`, before Textual's own class: gives each of them its name."""

    def __init_subclass__(cls, **given: Any) -> None:
        own: list[BindingType] = vars(cls).get("BINDINGS", [])
        if own:
            scope = scope_of(cls.__name__)
            named = list(_named(Binding.make_bindings(own), scope))
            cls.BINDINGS = named  # type: ignore[attr-defined]
            PLACES.append(cls)
            for binding in named:
                if binding.id:
                    DEFAULTS.setdefault(binding.id, []).append(binding.key)
        super().__init_subclass__(**given)


def scope_of(class_name: str) -> str:
    """`activity` for `ActivityScreen`; nothing for what every screen shares, and for widgets."""
    if not class_name.endswith("Screen") or class_name == "CaseScreen":
        return ""
    return _HUMP.sub("-", class_name.removesuffix("Screen")).lower()


def _named(bindings: Iterable[Binding], scope: str) -> Iterable[Binding]:
    for binding in bindings:
        if binding.priority:
            yield binding  # the way out in an emergency stays where it is
        else:
            name = binding.id or name_of(binding)
            yield replace(binding, id=f"{scope}.{name}" if scope else name)


def name_of(binding: Binding) -> str:
    """The name of what a key does, without the screen."""
    _, action, arguments = parse(binding.action)
    if any(not isinstance(argument, str) for argument in arguments):
        return _slug(binding.description)
    return _slug(" ".join([action, *map(str, arguments)]))


def _slug(text: str) -> str:
    return _UNFIT.sub("-", text.lower()).strip("-")


def bindings_of(place: type[Any]) -> list[Binding]:
    """What a class binds itself."""
    return [binding for binding in vars(place).get("BINDINGS", ()) if binding.id]
