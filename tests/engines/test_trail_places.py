"""The folders of a trail that an extent is in."""

from __future__ import annotations

from datetime import date

import pytest

from queries.engines.extent import Extent
from queries.trail.places import pattern

DAYS = Extent(("111122223333",), ("eu-west-1", "us-east-1"), date(2026, 2, 27), date(2026, 2, 28))
OF_DAYS = "{2026/02/{27,28},2026/03/{01}}"


@pytest.mark.parametrize(
    ("root", "found"),
    [
        (
            "s3a://logs/trail/",
            "s3a://logs/trail/{AWSLogs/,AWSLogs/o-*/}{111122223333}/CloudTrail"
            f"/{{eu-west-1,us-east-1}}/{OF_DAYS}/*",
        ),
        (
            "s3a://logs/AWSLogs",
            "s3a://logs/AWSLogs/{,o-*/}{111122223333}/CloudTrail"
            f"/{{eu-west-1,us-east-1}}/{OF_DAYS}/*",
        ),
        (
            "s3a://logs/AWSLogs/o-abc",
            f"s3a://logs/AWSLogs/o-abc/{{111122223333}}/CloudTrail/{{eu-west-1,us-east-1}}/{OF_DAYS}/*",
        ),
        (
            "s3a://logs/AWSLogs/o-abc/111122223333/CloudTrail",
            f"s3a://logs/AWSLogs/o-abc/111122223333/CloudTrail/{{eu-west-1,us-east-1}}/{OF_DAYS}/*",
        ),
        (
            "/x/AWSLogs/111122223333/CloudTrail/eu-west-1",
            f"/x/AWSLogs/111122223333/CloudTrail/eu-west-1/{OF_DAYS}/*",
        ),
        (
            "/x/AWSLogs/111122223333/CloudTrail/eu-west-1/2026",
            "/x/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/*/*/*",
        ),
        (
            "/x/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/02/27",
            "/x/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/02/27/*",
        ),
    ],
)
def test_an_extent_is_folders_and_the_day_after(root: str, found: str) -> None:
    assert pattern(root, DAYS) == found


def test_everything_is_asked_for_as_everything() -> None:
    assert pattern("/x/AWSLogs", Extent()) == "/x/AWSLogs/{,o-*/}*/CloudTrail/*/*/*/*/*"
    assert pattern("/x/AWSLogs", Extent(), digests=True) == (
        "/x/AWSLogs/{,o-*/}*/{CloudTrail,CloudTrail-Digest}/*/*/*/*/*"
    )
