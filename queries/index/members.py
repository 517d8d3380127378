"""Members of a record, kept as JSON texts, taken apart: what is of another type counts as empty."""

from __future__ import annotations

import json
from typing import Any


def parsed_object(text: str | None) -> dict[str, Any]:
    """The object that a text holds; empty where it is cut, no JSON, or something else."""
    try:
        return as_object(json.loads(text) if text else None)
    except (ValueError, RecursionError):
        return {}


def as_object(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list; none where the value is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
