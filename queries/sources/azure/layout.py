"""How Azure Monitor lays out a container, read from the parts of a key.

    resourceId=/SUBSCRIPTIONS/id/RESOURCEGROUPS/…/REGISTRIES/name/y=2026/m=03/d=02/h=10/m=00/PT1H.json
    WorkspaceResourceId=/subscriptions/id/…/workspaces/name/y=2026/m=03/d=02/h=10/m=00/PT05M.json

The first is a diagnostic setting's, the second the export of a Log Analytics workspace. Each table
has a container of its own; copied elsewhere, any folders may stand before it. Records are filed
under the hour in which they were made, and a blob grows until that hour is over and a bit longer.
https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs#send-to-azure-storage
https://learn.microsoft.com/azure/azure-monitor/logs/logs-data-export#storage-account
"""

from __future__ import annotations

import re
from functools import lru_cache

from queries.sources.buckets.place import LOGS, REGION, WITHIN, Place, dated

_ROOT = re.compile(r"(?:Workspace)?ResourceId=", re.IGNORECASE)
_NAMED = re.compile(r"([ymd])=(\d+)")
_ORDER = "ymd"


def place_of(prefix: str) -> Place:
    """Where a folder (or the folder of a key: everything up to the last slash) stands."""
    return _place_of(prefix[: prefix.rfind("/") + 1])


@lru_cache(maxsize=4096)
def _place_of(folder: str) -> Place:
    folders = folder.split("/")[:-1]
    roots = [at for at, name in enumerate(folders) if _ROOT.fullmatch(name)]
    if not roots:
        return Place()
    rest = folders[roots[-1] + 1 :]
    days = next((at for at, name in enumerate(rest) if name.startswith("y=")), len(rest))
    place = Place(LOGS if days == len(rest) else REGION, *_resource(rest[:days]))
    numbers = []
    for letter, name in zip(_ORDER, rest[days:], strict=False):
        match = _NAMED.fullmatch(name)
        if match is None or match.group(1) != letter:
            return Place(WITHIN, place.account, place.service)
        numbers.append(match.group(2))
    return dated(place, numbers)


def _resource(parts: list[str]) -> tuple[str, str]:
    """Subscription and name of the resource, as far as the folders give them."""
    known = {parts[at].lower(): parts[at + 1] for at in range(0, len(parts) - 1, 2)}
    name = parts[-1] if len(parts) > 6 and not len(parts) % 2 else ""
    return known.get("subscriptions", "").lower(), name
