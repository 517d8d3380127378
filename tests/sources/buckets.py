"""Objects as CloudTrail lays them out, and how tests open them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from queries.case import Case, open_case
from queries.progress import CancelToken
from queries.sources.buckets.clouds import Address
from queries.sources.buckets.listing import Found, list_path
from queries.sources.buckets.model import S3_SCHEME
from queries.sources.buckets.options import S3Options, Selection
from queries.sources.buckets.remote import Remote
from queries.sources.local import Listing
from queries.sources.s3.client import S3Client
from tests.evidence_files import ACCOUNT, at, image, push, record, trail, zipped

OTHER_ACCOUNT = "444455556666"


def key(
    number: int,
    *,
    account: str = ACCOUNT,
    region: str = "us-east-1",
    day: str = "2026/03/02",
    root: str = "AWSLogs",
    service: str = "CloudTrail",
) -> str:
    """The key of a delivered file."""
    stamp = day.replace("/", "")
    name = f"{account}_{service}_{region}_{stamp}T1010Z_{number:016}.json.gz"
    return f"{root}/{account}/{service}/{region}/{day}/{name}"


def delivery(number: int, records: int = 1) -> bytes:
    """A delivered file: a push and other calls, different for each number."""
    made = [push(image(f"layer {number}"), f"v{number}", at(number % 600))]
    for extra in range(1, records):
        made.append(
            record("DescribeImages", at(number % 600, extra % 60), eventID=f"{number}-{extra}")
        )
    return zipped(trail(made))


def deliveries(count: int, records: int = 1, **layout: Any) -> dict[str, bytes]:
    """So many delivered files by their keys."""
    return {key(number, **layout): delivery(number, records) for number in range(count)}


def options(url: str, **changes: Any) -> S3Options:
    """Options for the test server: few attempts, so that what fails fails soon."""
    return S3Options(**{"endpoint_url": url, "attempts": 2, "threads": 8, **changes})


def listed(
    url: str,
    bucket: str,
    prefix: str = "",
    *,
    selection: Selection | None = None,
    cancel: CancelToken | None = None,
    **changes: Any,
) -> Found:
    """What a path in a bucket holds."""
    client = S3Client(options(url, **changes))
    client.prepare()
    return list_path(
        client, Address(S3_SCHEME, bucket, prefix), selection or Selection(), cancel=cancel
    )


def keys(found: Found) -> list[str]:
    return [entry.key for entry in found.objects]


def opened(
    url: str,
    *paths: str,
    selection: Selection | None = None,
    cancel: CancelToken | None = None,
    use_cache: bool = True,
    first: int | None = None,
    **changes: Any,
) -> Case:
    """A case over remote (and local) paths."""
    return open_case(
        list(paths),
        use_cache=use_cache,
        cancel=cancel,
        first=first,
        remote=Remote(options(url, **changes), selection),
    )


def ledger(case: Case) -> Mapping[str, tuple[str, list[str]]]:
    """Status and notes of every file, by its name."""
    found = case.ask("SELECT name, status, notes FROM files ORDER BY file_id").rows
    return {name: (status, notes or []) for name, status, notes in found}


def reasons(listing: Listing) -> dict[str, str]:
    return dict(listing.unreadable)
