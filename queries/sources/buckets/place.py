"""Where a folder or object stands in what a cloud's logging lays out in a bucket.

Which layouts there are, each cloud says for itself (`layout` of its package); here is what they
share: levels, days, and what of it all a selection wants.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from queries.sources.buckets.options import Selection

YEAR_FOLDER = re.compile(r"(?:19|20)\d\d")
_TWO = re.compile(r"\d\d")

# Where a folder stands in the layout: what its subfolders are. The names are those of CloudTrail's
# layout; another cloud's has some of the levels.
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
    foreign: bool = False
    """Whether it belongs to a service whose logs are of no use here; `service` names it."""

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


def dated(place: Place, rest: list[str]) -> Place:
    """The place with as much of YYYY/MM/DD as its folders give."""
    known = (place.account, place.service, place.region)
    if not rest:
        return place
    if not YEAR_FOLDER.fullmatch(rest[0]):
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
