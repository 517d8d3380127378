"""Which files of a trail an extent is in: folders, and nothing else is listed or read.

AWSLogs/[o-…/]account/CloudTrail/region/yyyy/MM/dd/*.json.gz, and beside CloudTrail the digests.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from queries.engines.extent import Extent

_TOP = "AWSLogs"
_OF_DAYS = 3
"""Levels of folders from the year to the day."""


def pattern(root: str, extent: Extent, *, digests: bool = False) -> str:
    """The files of an extent as one pattern of Hadoop's.

    `root` is where the trail delivers, the folder `AWSLogs`, or any folder in it; a path in which
    what would be a pattern is escaped. A trail is laid down by the day of delivery, and what
    happened before midnight comes after it: so the day after the last one is read, too. Hadoop
    expands braces that hold a slash before it looks for a file. `digests`: with the digest files.
    """
    root = root.rstrip("/")
    parts = root.split("/")
    if _TOP in parts:
        below = parts[len(parts) - parts[::-1].index(_TOP) :]
        top = [] if below else ["{,o-*/}"]
        below = below[1:] if below and below[0].startswith("o-") else below
    else:
        below, top = [], [f"{{{_TOP}/,{_TOP}/o-*/}}"]
    logs = "{CloudTrail,CloudTrail-Digest}" if digests else "CloudTrail"
    wanted = [_several(extent.accounts), logs, _several(extent.regions)]
    if len(below) <= len(wanted):
        levels = [*wanted[len(below) :], _days(extent)]
    else:
        levels = ["*"] * (len(wanted) + _OF_DAYS - len(below))
    return "/".join([root, "".join(top) + levels[0], *levels[1:], "*"] if levels else [root, "*"])


def _several(names: tuple[str, ...] | list[str]) -> str:
    return f"{{{','.join(names)}}}" if names else "*"


def _days(extent: Extent) -> str:
    """The days of an extent and the one after it, by month; all where it is open."""
    if extent.first is None or extent.days is None:
        return "/".join("*" * _OF_DAYS)
    months: defaultdict[str, list[str]] = defaultdict(list)
    for number in range(extent.days + 1):
        day = extent.first + timedelta(days=number)
        months[f"{day:%Y/%m}"].append(f"{day:%d}")
    return _several([f"{month}/{_several(days)}" for month, days in months.items()])
