"""How CloudTrail lays out a bucket, read from the parts of a key.

    [any/prefix/]AWSLogs/[o-organisation/]account/CloudTrail/region/YYYY/MM/DD/file.json.gz
    [any/prefix/]AWSLogs/[o-organisation/]account/CloudTrail-Digest/region/YYYY/MM/DD/file.json.gz

Control Tower puts the organisation's id before AWSLogs, or after it, or both. Other services
(Config, elasticloadbalancing, vpcflowlogs …) have folders beside CloudTrail's.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
"""

from __future__ import annotations

import re
from functools import lru_cache

from queries.sources.buckets.place import (
    ACCOUNT,
    LOGS,
    REGION,
    SERVICE,
    WITHIN,
    Place,
    dated,
)

ROOT = "AWSLogs"
_ORGANISATION = re.compile(r"o-[a-z0-9]{4,32}")
_ACCOUNT = re.compile(r"(?:aws-account-id=)?(\d{12})")
_REGION = re.compile(r"(?:[a-z]{2,4}|us-gov|us-isob?|eu-isoe)(?:-[a-z]+)+-\d{1,2}")


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
        return Place(WITHIN, account, service, foreign=True)
    if len(rest) == 2:
        return Place(SERVICE, account, service)
    if not _REGION.fullmatch(rest[2]):
        return Place(WITHIN, account, service)
    return dated(Place(REGION, account, service, rest[2]), rest[3:])
