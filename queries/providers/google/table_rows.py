"""A CSV of log entries: one column for each member, named by its path.

The Logs Explorer's download and scripts write `protoPayload.authenticationInfo.principalEmail`;
lists have their place in the name (`authorizationInfo[0].permission`, `authorizationInfo.0…`).
https://cloud.google.com/logging/docs/view/logs-explorer-interface#download_logs
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from queries.providers.members import folded, opened

_PAYLOADS = ("protopayload", "protopayloadauditlog")
_STEP = re.compile(r"[^.\[\]]+")
_MOST_STEPS = 12
_MOST_IN_A_LIST = 100


def names_table(names: Iterable[str]) -> bool:
    """Whether a header has a payload's columns, and with them the method."""
    steps = [_steps(name) for name in names if len(name) <= 256]
    of_payload = [path for path in steps if path and folded(path[0]) in _PAYLOADS]
    return any(len(path) == 1 or folded(path[-1]) == "methodname" for path in of_payload)


def entry_of_row(row: dict[str, Any]) -> dict[str, Any]:
    """The log entry that a row was made of. Empty cells are members that are not there."""
    entry: dict[str, Any] = {}
    for name, cell in row.items():
        if cell not in (None, ""):
            _put(entry, _steps(name), opened(cell))
    return {name: _listed(value) for name, value in entry.items()}


def _steps(name: str) -> list[str]:
    return _STEP.findall(name)[:_MOST_STEPS]


def _put(entry: dict[str, Any], path: list[str], value: Any) -> None:
    if not path:
        return
    at = entry
    for step in path[:-1]:
        at = at.setdefault(step, {})
        if not isinstance(at, dict):
            return
    at.setdefault(path[-1], value)


def _listed(value: Any) -> Any:
    """Members that are numbers from 0 on are those of a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    numbered = 0 < len(inner) <= _MOST_IN_A_LIST and all(name.isdecimal() for name in inner)
    return list(inner.values()) if numbered else inner
