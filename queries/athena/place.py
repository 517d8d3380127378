"""Where the data lies and what of it a table projects: checked, because all of it becomes DDL.

Athena takes no parameters in DDL, and its two parsers (Hive's for tables, Trino's for views) escape
differently. So nothing is escaped here: what needs an escape is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from queries.errors import WrongUsage

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
_KEY = re.compile(r"[A-Za-z0-9!_.()/=+@:, -]*")
"""S3's safe characters without quote and wildcard, which a table's location may not have:
https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html"""
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,127}")
"""https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html"""
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html"""


@dataclass(frozen=True, slots=True)
class Projection:
    """Which partitions a table has: they are computed, never listed, so what is not said here is
    not seen by any question.

    Without accounts or regions that column is `injected`: every question has to name its values.
    https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
    """

    first: date
    last: date | None = None
    """None for "up to now", whenever it is asked."""
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def properties(self, date_format: str, template: str) -> list[tuple[str, str]]:
        """The table's properties; `date_format` as Java writes it, `template` with ${account},
        ${region} and ${date} in it.

        https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html
        """
        shape = date_format.replace("yyyy", "%Y").replace("MM", "%m").replace("dd", "%d")
        last = self.last.strftime(shape) if self.last else "NOW"
        found = [("projection.enabled", "true")]
        for column, values in (("account", self.accounts), ("region", self.regions)):
            found.append((f"projection.{column}.type", "enum" if values else "injected"))
            if values:
                found.append((f"projection.{column}.values", ",".join(values)))
        return [
            *found,
            ("projection.date.type", "date"),
            ("projection.date.format", date_format),
            ("projection.date.range", f"{self.first.strftime(shape)},{last}"),
            ("projection.date.interval", "1"),
            ("projection.date.interval.unit", "DAYS"),
            ("storage.location.template", template),
        ]


def projection_of(
    first: date, last: date | None, accounts: str | None, regions: str | None
) -> Projection:
    """From options: ids and names between commas. Raises `WrongUsage`."""
    if last is not None and last < first:
        raise WrongUsage(f"--until {last}: is before --since {first}")
    return Projection(
        first,
        last,
        _checked(accounts, _ACCOUNT, "--account", "an account id has 12 digits"),
        _checked(regions, _REGION, "--region", "is no name of a region, such as eu-west-1"),
    )


def _checked(text: str | None, shape: re.Pattern[str], option: str, said: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    for name in names:
        if not shape.fullmatch(name):
            raise WrongUsage(f"{option} {name}: {said}")
    return names


def location(address: str) -> str:
    """`s3://bucket/prefix/`, with the slash at the end. Raises `WrongUsage`."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not address.startswith("s3://") or not _BUCKET.fullmatch(bucket):
        raise WrongUsage(f"{address}: is no place in a bucket, such as s3://bucket/prefix/")
    key = key.strip("/")
    if not _KEY.fullmatch(key) or "//" in key:
        raise WrongUsage(
            f"{address}: a table's place may have letters, digits and ! _ . ( ) / = + @ : , - only"
        )
    return f"s3://{bucket}/{key}/" if key else f"s3://{bucket}/"


def table_name(name: str, option: str = "--database") -> str:
    """A name of Athena's that needs no quotes. Raises `WrongUsage`."""
    if not _NAME.fullmatch(name):
        raise WrongUsage(
            f"{option} {name}: a name in Athena has small letters, digits and _ only, and begins"
            " with none of the digits"
        )
    return name


def organization(name: str) -> str:
    """The id of an organisation. Raises `WrongUsage`."""
    if not _ORGANIZATION.fullmatch(name):
        raise WrongUsage(f"--organization {name}: an id is o- and 10 to 32 letters and digits")
    return name
