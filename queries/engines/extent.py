"""What part of the converted events an engine may read: accounts, regions, days.

A folder may hold years of many accounts, and an engine may be paid for what it reads. So the extent
is said before anything is asked, and becomes a condition on the columns that the folder is
partitioned by; nothing outside is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from queries.errors import WrongUsage
from queries.question import literal

ALL = "all"
"""For `--account` and `--region`: every one, said on purpose."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Empty and None stand for "all". Days are UTC, both are included."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def days(self) -> int | None:
        """How many days it has; None when it is open."""
        if self.first is None or self.last is None:
            return None
        return (self.last - self.first).days + 1

    def conditions(self, *, dates_are_text: bool = False) -> list[str]:
        """Conditions on `account`, `region` and `date`, to be joined by AND; none for all."""
        found = []
        for column, values in (("account", self.accounts), ("region", self.regions)):
            if values:
                found.append(f"{column} IN ({', '.join(map(literal, values))})")
        for sign, day in ((">=", self.first), ("<=", self.last)):
            if day is not None:
                found.append(f'"date" {sign} {"" if dates_are_text else "DATE "}{literal(day)}')
        return found

    @property
    def words(self) -> str:
        """In a few words for a person."""
        days = f"{self.first or 'the beginning'} to {self.last or 'the end'}"
        if self.first is None and self.last is None:
            days = "all days"
        return ", ".join(
            (
                " ".join(self.accounts) or "all accounts",
                " ".join(self.regions) or "all regions",
                days,
            )
        )


def extent_of(
    account: str | None,
    region: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Extent:
    """The extent that options say: ids and names between commas or `all`; `until` is exclusive.

    Raises `WrongUsage` for what cannot be an account or region, and for an empty span.
    """
    accounts, regions = _several(account), _several(region)
    for name in accounts:
        if not (len(name) == 12 and name.isascii() and name.isdecimal()):
            raise WrongUsage(f"--account {name}: an account id has 12 digits")
    if since is not None and until is not None and since >= until:
        raise WrongUsage("--since must be before --until")
    last = (until - timedelta(microseconds=1)).date() if until is not None else None
    return Extent(accounts, regions, since.date() if since is not None else None, last)


def needed(
    engine: str, account: str | None, since: datetime | None, until: datetime | None
) -> None:
    """Raises `WrongUsage` unless somebody has said what an engine elsewhere may read."""
    lacking = [
        option
        for option, value in (("--account", account), ("--since", since), ("--until", until))
        if not value
    ]
    if lacking:
        raise WrongUsage(
            f"--engine {engine} reads only what it is told to: give {', '.join(lacking)}"
            " (--account all for every account)"
        )


def _several(text: str | None) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(p.strip() for p in (text or "").split(",") if p.strip()))
    return () if ALL in names else names
