"""How CloudTrail lays out a bucket, read from the parts of a key.

    [any/prefix/]AWSLogs/[o-organisation/]account/CloudTrail/region/YYYY/MM/DD/file.json.gz
    [any/prefix/]AWSLogs/[o-organisation/]account/CloudTrail-Digest/region/YYYY/MM/DD/file.json.gz

Control Tower puts the organisation's id before AWSLogs, or after it, or both. Other services
(Config, elasticloadbalancing, vpcflowlogs …) have folders beside CloudTrail's.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from queries.sources.s3.options import Selection

ROOT = "AWSLogs"
_ORGANISATION = re.compile(r"o-[a-z0-9]{4,32}")
_ACCOUNT = re.compile(r"(?:aws-account-id=)?(\d{12})")
_REGION = re.compile(r"(?:[a-z]{2,4}|us-gov|us-isob?|eu-isoe)(?:-[a-z]+)+-\d{1,2}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_TWO = re.compile(r"\d\d")

# Where a folder stands in the layout: what its subfolders are.
OUTSIDE = "outside"
LOGS = "accounts"
ACCOUNT = "services"
SERVICE = "regions"
REGION = "years"
YEAR = "months"
MONTH = "days"
WITHIN = "within"
"""A day, or something unknown inside the layout: listed as a whole."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the folders of a prefix or key say; empty where they say nothing."""

    level: str = OUTSIDE
    account: str = ""
    service: str = ""
    region: str = ""
    year: int = 0
    month: int = 0
    day: int = 0

    @property
    def is_cloudtrail(self) -> bool:
        """Whether it may hold what CloudTrail writes (logs, digests, insights)."""
        return not self.service or self.service.startswith("CloudTrail")

    @property
    def days(self) -> tuple[date, date] | None:
        """First and last day it can hold; None when no (real) date is in it."""
        if not self.year:
            return None
        first = self.month or 1
        last = self.month or 12
        try:
            if self.day:
                exact = date(self.year, self.month, self.day)
                return exact, exact
            end = calendar.monthrange(self.year, last)[1]
            return date(self.year, first, 1), date(self.year, last, end)
        except ValueError:
            return None

    @property
    def day_text(self) -> str:
        return f"{self.year:04}-{self.month:02}-{self.day:02}" if self.day else ""


def place_of(prefix: str) -> Place:
    """Where a folder (or the folder of a key: everything up to the last slash) stands."""
    return _place_of(prefix[: prefix.rfind("/") + 1])


@lru_cache(maxsize=4096)
def _place_of(folder: str) -> Place:
    """Thousands of keys in a row are of one folder."""
    folders = folder.split("/")[:-1]
    if ROOT not in folders:
        return Place()
    rest = folders[len(folders) - folders[::-1].index(ROOT) :]
    while rest and _ORGANISATION.fullmatch(rest[0]):
        rest = rest[1:]
    if not rest:
        return Place(LOGS)
    match = _ACCOUNT.fullmatch(rest[0])
    if match is None:
        return Place(WITHIN)
    account = match.group(1)
    if len(rest) == 1:
        return Place(ACCOUNT, account)
    service = rest[1]
    if not service.startswith("CloudTrail"):
        return Place(WITHIN, account, service)
    if len(rest) == 2:
        return Place(SERVICE, account, service)
    if not _REGION.fullmatch(rest[2]):
        return Place(WITHIN, account, service)
    return _dated(Place(REGION, account, service, rest[2]), rest[3:])


def _dated(place: Place, rest: list[str]) -> Place:
    """The place with as much of YYYY/MM/DD as its folders give."""
    known = (place.account, place.service, place.region)
    if not rest:
        return place
    if not _YEAR.fullmatch(rest[0]):
        return Place(WITHIN, *known)
    year = int(rest[0])
    if len(rest) == 1:
        return Place(YEAR, *known, year)
    if not (_TWO.fullmatch(rest[1]) and 1 <= int(rest[1]) <= 12):
        return Place(WITHIN, *known)
    month = int(rest[1])
    if len(rest) == 2:
        return Place(MONTH, *known, year, month)
    if not (_TWO.fullmatch(rest[2]) and 1 <= int(rest[2]) <= 31):
        return Place(WITHIN, *known)
    return Place(WITHIN, *known, year, month, int(rest[2]))


def wanted(place: Place, selection: Selection) -> bool:
    """Whether a folder can hold, or a key in it can be, something that was asked for.

    What the layout does not tell (an unknown folder) is always wanted.
    """
    if place.account and not selection.wants_account(place.account):
        return False
    if place.region and not selection.wants_region(place.region):
        return False
    days = place.days
    return days is None or selection.wants_days(*days)


def listed_as_one(place: Place, selection: Selection) -> bool:
    """Whether a folder is a month of which every day was asked for.

    A month is a unit that keeps quiet regions at few requests and busy ones at many in parallel.
    """
    days = place.days
    return place.level == MONTH and days is not None and selection.wants_all_days(*days)
