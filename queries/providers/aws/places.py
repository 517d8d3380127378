"""Texts at a path below a JSON value.

A path is written `containers[].image` for lists and `containers.*.image` for maps whose keys are
names; keys are matched in any case, because CloudTrail's own spelling of them differs between
services.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Place:
    """A text found at a path, and the name of the container it belongs to."""

    container: str
    text: str


def found_at(value: object, path: str) -> list[Place]:
    """Every text at a path below a JSON value; what has another shape gives nothing."""
    found: list[Place] = []
    _find(value, _steps(path), "", found)
    return found


_Steps = tuple[tuple[str, bool], ...]
"""Names of members, and whether a member is a list."""


@cache
def _steps(path: str) -> _Steps:
    return tuple((step.removesuffix("[]"), step.endswith("[]")) for step in path.split("."))


def _find(value: object, steps: _Steps, container: str, found: list[Place]) -> None:
    if not steps:
        if isinstance(value, str):
            found.append(Place(container, value))
        return
    if not isinstance(value, dict):
        return
    (name, is_list), following = steps[0], steps[1:]
    if name == "*":
        for key, entry in value.items():
            _find(entry, following, str(key), found)
        return
    entry = _member(value, name)
    if not is_list:
        _find(entry, following, container, found)
    elif isinstance(entry, list):
        for each in entry:
            _find(each, following, _container(each) or container, found)


def _container(value: object) -> str:
    """The name of a container in a list, wherever its platform writes it."""
    if not isinstance(value, dict):
        return ""
    names = (value.get(key) for key in ("name", "containerName", "containerHostname"))
    return next((name for name in names if isinstance(name, str)), "")


def _member(value: dict[str, object], name: str) -> object:
    if name in value:
        return value[name]
    wanted = name.casefold()
    return next((entry for key, entry in value.items() if key.casefold() == wanted), None)
