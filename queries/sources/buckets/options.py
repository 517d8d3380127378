"""What a user says about buckets: how to reach them, and which part of them is wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from queries.errors import WrongUsage
from queries.sources.azure.paths import SCHEMES as AZURE_SCHEMES
from queries.sources.buckets.model import GCS_SCHEME, S3_SCHEME

API_SCHEME = "cloudtrail://"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}|arn:[^/]+(?:/[^/]+)?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)

DEFAULT_LIMIT = 20 << 30
"""Bytes of fetched objects kept in the cache folder, the least recently used dropped first."""
MARGIN = timedelta(days=1)
"""CloudTrail files an event under the day it was delivered, usually minutes and at times hours
later, so a day before and after what was asked for is listed too."""


@dataclass(frozen=True, slots=True)
class S3Options:
    """How to reach a bucket; None leaves it to the standard configuration of AWS tools."""

    profile: str | None = None
    bucket_region: str | None = None
    endpoint_url: str | None = None
    request_payer: bool = False
    no_sign_request: bool = False
    storage_account: str | None = None
    """Azure's, for paths that name only the container."""
    evidence_limit: int = DEFAULT_LIMIT
    threads: int = 32
    attempts: int = 5
    """Tries for one request, with growing pauses; what still fails then is reported."""
    read_timeout: float = 60

    def __post_init__(self) -> None:
        if self.endpoint_url is not None:
            parts = urlsplit(self.endpoint_url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise WrongUsage("--endpoint-url must be like https://s3.example.net:9000")
            if "@" in parts.netloc:
                raise WrongUsage(
                    "--endpoint-url must not hold a user name or password; use a profile"
                )
        if self.profile and self.no_sign_request:
            raise WrongUsage("--profile and --no-sign-request cannot be used together")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of a bucket is wanted: empty sets and None mean all. Times are UTC, naive."""

    since: datetime | None = None
    until: datetime | None = None
    accounts: frozenset[str] = field(default_factory=frozenset)
    regions: frozenset[str] = field(default_factory=frozenset)

    @property
    def active(self) -> bool:
        return bool(self.since or self.until or self.accounts or self.regions)

    @property
    def first_day(self) -> date | None:
        """The first day folder to look into, margin included."""
        return _moved(self.since, -MARGIN) if self.since else None

    @property
    def last_day(self) -> date | None:
        """The last day folder to look into, margin included (`until` itself is exclusive)."""
        if self.until is None:
            return None
        return _moved(_moved_time(self.until, -timedelta(microseconds=1)), MARGIN)

    def wants_account(self, account: str) -> bool:
        return not self.accounts or account in self.accounts

    def wants_region(self, region: str) -> bool:
        return not self.regions or region in self.regions

    def wants_days(self, first: date, last: date) -> bool:
        """Whether any day from `first` to `last` is wanted."""
        return (self.first_day is None or last >= self.first_day) and (
            self.last_day is None or first <= self.last_day
        )

    def wants_all_days(self, first: date, last: date) -> bool:
        """Whether every day from `first` to `last` is wanted."""
        return (self.first_day is None or first >= self.first_day) and (
            self.last_day is None or last <= self.last_day
        )

    def in_words(self) -> str:
        """What was asked for, for the ledger."""
        said = []
        if self.since or self.until:
            first, last = self.first_day, self.last_day
            said.append(f"day folders {first or 'from the first'} to {last or 'the last'}")
        if self.accounts:
            said.append(f"account {', '.join(sorted(self.accounts))}")
        if self.regions:
            said.append(f"region {', '.join(sorted(self.regions))}")
        return "; ".join(said)


def _moved(moment: datetime, by: timedelta) -> date:
    return _moved_time(moment, by).date()


def _moved_time(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def is_remote(path: str) -> bool:
    """Whether a path names something that is not on this computer."""
    return path.startswith((S3_SCHEME, GCS_SCHEME, *AZURE_SCHEMES, API_SCHEME))


def split_s3_path(path: str) -> tuple[str, str]:
    """`s3://bucket/prefix` to bucket and prefix, every character literal. Raises `WrongUsage`."""
    rest = path.removeprefix(S3_SCHEME)
    if rest.startswith("arn:"):
        # An access point: its name has a slash (or a colon) of its own.
        match = re.match(r"(arn:[^/]*accesspoint[:/][^/]+)(?:/(.*))?$", rest, re.DOTALL)
        if match:
            return match.group(1), match.group(2) or ""
    return split_bucket_path(path, S3_SCHEME)


def split_bucket_path(path: str, scheme: str) -> tuple[str, str]:
    """`scheme://bucket/prefix` to bucket and prefix, as `split_s3_path`. Raises `WrongUsage`."""
    bucket, _, prefix = path.removeprefix(scheme).partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise WrongUsage(f"{path}: not a bucket; write {scheme}bucket or {scheme}bucket/prefix/")
    return bucket, prefix


def parse_size(text: str) -> int:
    """`20G`, `500 MB`, `1048576` to bytes (1024 to a K). Raises `WrongUsage`."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise WrongUsage(f"{text}: not a size; write a number of bytes, or 500M, 20G, 1T")
    return int(float(match.group(1)) * 1024 ** " KMGT".index(match.group(2).upper() or " "))
