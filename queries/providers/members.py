"""Looking things up in records whose keys differ in case and underscores from export to export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def folded(name: str) -> str:
    """`insert_id`, `insertId` and `insertid` as one word."""
    return name.replace("_", "").lower()


def member(value: Any, *path: str) -> Any:
    """What stands at a path of keys, each spelt in any way; None where there is nothing."""
    for name in path:
        if not isinstance(value, dict):
            return None
        if name in value:
            value = value[name]
            continue
        wanted = folded(name)
        value = next((each for key, each in value.items() if folded(str(key)) == wanted), None)
    return value


def text(value: Any, *path: str) -> str:
    """The text at a path; a number as its digits; otherwise nothing."""
    found = member(value, *path)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""


def first_text(value: Any, *paths: tuple[str, ...]) -> str:
    """The first of several paths at which there is a text."""
    return next((found for path in paths if (found := text(value, *path))), "")


def opened(value: Any) -> Any:
    """A JSON text as what it says; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing where it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def containers(value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """(container, image) of every list of containers in a manifest of Kubernetes or one like it
    (Cloud Run), wherever it stands: containers, initContainers, ephemeralContainers."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for each in value:
            yield from containers(each, depth + 1)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if folded(str(name)) in _CONTAINERS:
            for each in objects(inner):
                image = text(each, "image")
                if image:
                    yield text(each, "name"), image
        elif isinstance(inner, dict | list):
            yield from containers(inner, depth + 1)


_DEEPEST = 12
_CONTAINERS = frozenset({"containers", "initcontainers", "ephemeralcontainers"})
