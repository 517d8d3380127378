"""Members of Azure's records, whichever way an export spells them.

A storage account has `callerIpAddress`, Log Analytics `CallerIpAddress`, an SDK
`caller_ip_address`, the portal's CSV `CallerIpAddress` and `TimeGenerated [UTC]`; some exports put
a member at the top, others under `properties`. So a member is looked for in any spelling, at the
top and then below.
https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from queries.times import utc_time

_NOT_LETTERS = re.compile(r"[^a-z0-9]")
_RESOURCE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)(?:/resourcegroups/(?P<group>[^/]+))?"
    r"(?:/providers/(?P<provider>[^/]+)/(?P<rest>.+))?",
    re.IGNORECASE,
)
_PROVIDER = re.compile(r"/providers/([^/]+)", re.IGNORECASE)


def plain(name: str) -> str:
    """A member's name without case and punctuation: `Resource_Id` and `resourceId` are one.
    Log Analytics puts the type of a custom column behind it (`log_s`), the portal the zone."""
    name = name.lower().removesuffix("[utc]").strip()
    if re.search(r"[a-z0-9]_[sdgbt]$", name):
        name = name[:-2]
    return _NOT_LETTERS.sub("", name)


class Fields:
    """One record's members, found by their plain names."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self._top = {plain(str(name)): entry for name, entry in value.items()}
        self.properties = opened(self._first("properties", "propertiesd"))
        self._below = {plain(str(name)): entry for name, entry in self.properties.items()}

    def _first(self, *names: str) -> Any:
        return next((self._top[name] for name in names if self._top.get(name)), None)

    def __contains__(self, name: str) -> bool:
        return name in self._top or name in self._below

    def value(self, *names: str) -> Any:
        """The first of these members that says something, at the top before below."""
        for name in names:
            for members in (self._top, self._below):
                entry = members.get(name)
                if entry not in (None, "", {}, []):
                    return entry
        return None

    def text(self, *names: str) -> str:
        """The same as text. The Activity Log's API has `{"value": …, "localizedValue": …}`."""
        return as_text(self.value(*names))

    @property
    def time(self) -> str:
        """When it happened, not when it was taken in."""
        found = self.value("time", "timegenerated", "eventtimestamp", "timestamp", "eventtime")
        return utc_time(found) or "" if found is not None else ""


def as_text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("value") or value.get("localizedValue") or value.get("localized_value")
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    return str(value)


def opened(value: Any) -> dict[str, Any]:
    """An object, or the object in a JSON text; empty for anything else."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        try:
            value = json.loads(value, strict=False)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


class Resource:
    """A resource id taken apart: `/subscriptions/S/resourceGroups/G/providers/P/type/name/…`.
    Exports write it in capitals, small letters or both, so parts that are compared are in small
    letters.
    https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
    """

    def __init__(self, text: str) -> None:
        self.text = text
        match = _RESOURCE.search(text)
        self.subscription = (match["subscription"] or "").lower() if match else ""
        self.group = (match["group"] or "") if match else ""
        self.provider = (match["provider"] or "").lower() if match else ""
        if not self.provider and (elsewhere := _PROVIDER.search(text)):
            self.provider = elsewhere[1].lower()
        if self.group.isupper():  # an export in capitals: they say nothing of how it is written
            text = text.lower()
            match, self.group = _RESOURCE.search(text), self.group.lower()
        parts = (match["rest"] or "").strip("/").split("/") if match else []
        self.types = [part.lower() for part in parts[::2]]
        self.names = parts[1::2]

    def name(self, kind: str) -> str:
        """The name of the resource of a type in the id, such as `registries`."""
        for each, name in zip(self.types, self.names, strict=False):
            if each == kind:
                return str(name)
        return ""


def address(text: str) -> str:
    """A caller's address without the port that storage logs add to it."""
    if match := re.fullmatch(r"\[?([0-9a-fA-F:.]+?)\]?:\d{1,5}", text):
        return match[1] if text.count(":") == 1 or text.startswith("[") else text
    return text


def made_id(*parts: object) -> str:
    """An id for a record that has none: the same for the same record in another export, so that
    copies are merged. Of what is empty nothing is made."""
    said = [str(part) for part in parts if part]
    if len(said) < 2:
        return ""
    return str(uuid5(NAMESPACE_URL, "azure:" + "\x1f".join(said)))
