"""What the parts of a key say, and what of it was asked for."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.errors import WrongUsage
from queries.sources.buckets import place as layout
from queries.sources.buckets.options import S3Options, Selection, parse_size, split_s3_path
from queries.sources.buckets.place import Place, listed_as_one, wanted
from queries.sources.s3.layout import place_of
from queries.sources.s3.policy import least_privilege

TRAIL = ("111122223333", "CloudTrail", "us-east-1")


@pytest.mark.parametrize(
    ("prefix", "place"),
    [
        ("", Place()),
        ("any/folder/", Place()),
        ("AWSLogs", Place()),
        ("AWSLogs/", Place(layout.LOGS)),
        ("a/b/c/AWSLogs/o-abc123defg/", Place(layout.LOGS)),
        ("o-abc123defg/AWSLogs/o-abc123defg/111122223333/", Place(layout.ACCOUNT, "111122223333")),
        ("AWSLogs/111122223333/CloudTrail/", Place(layout.SERVICE, *TRAIL[:2])),
        ("AWSLogs/111122223333/CloudTrail/us-east-1/", Place(layout.REGION, *TRAIL)),
        ("AWSLogs/111122223333/CloudTrail/us-east-1/2026/", Place(layout.YEAR, *TRAIL, 2026)),
        (
            "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/",
            Place(layout.MONTH, *TRAIL, 2026, 3),
        ),
        (
            "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/02/x.json.gz",
            Place(layout.WITHIN, *TRAIL, 2026, 3, 2),
        ),
        (
            "AWSLogs/111122223333/CloudTrail-Digest/us-gov-west-1/2026/",
            Place(layout.YEAR, "111122223333", "CloudTrail-Digest", "us-gov-west-1", 2026),
        ),
        (
            "AWSLogs/111122223333/elasticloadbalancing/us-east-1/2026/03/02/",
            Place(layout.WITHIN, "111122223333", "elasticloadbalancing", foreign=True),
        ),
        (
            "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/",
            Place(layout.WITHIN, "111122223333", "aws-service=vpcflowlogs", foreign=True),
        ),
        ("AWSLogs/backup/", Place(layout.WITHIN)),
        ("AWSLogs/111122223333/CloudTrail/us-east-1/2026/13/", Place(layout.WITHIN, *TRAIL)),
        # A copy of a layout inside another: the inner one counts.
        ("AWSLogs/old/AWSLogs/111122223333/", Place(layout.ACCOUNT, "111122223333")),
    ],
)
def test_a_prefix_tells_where_it_stands(prefix: str, place: Place) -> None:
    assert place_of(prefix) == place


def test_a_day_before_and_after_is_listed_for_late_deliveries() -> None:
    selection = Selection(since=datetime(2026, 3, 1, 12), until=datetime(2026, 3, 4))

    assert selection.first_day == date(2026, 2, 28)
    # The end is exclusive: nothing of the 4th was asked for, so its margin ends with the 4th.
    assert selection.last_day == date(2026, 3, 4)


def test_days_accounts_and_regions_prune_and_the_unknown_stays() -> None:
    chosen = Selection(
        datetime(2026, 3, 2),
        datetime(2026, 3, 3),
        frozenset({"111122223333"}),
        frozenset({"us-east-1"}),
    )
    base = "AWSLogs/111122223333/CloudTrail/us-east-1"

    assert wanted(place_of(f"{base}/2026/03/01/"), chosen)
    assert wanted(place_of(f"{base}/2026/03/"), chosen)
    assert not wanted(place_of(f"{base}/2026/03/05/"), chosen)
    assert not wanted(place_of(f"{base}/2025/"), chosen)
    assert not wanted(place_of("AWSLogs/444455556666/"), chosen)
    assert not wanted(place_of("AWSLogs/111122223333/CloudTrail/eu-west-1/"), chosen)
    assert wanted(place_of("exports/2025/01/01/"), chosen)
    assert wanted(place_of("AWSLogs/111122223333/CloudTrail/us-east-1/odd/"), chosen)


def test_a_month_is_listed_as_one_only_when_all_of_it_is_wanted() -> None:
    march = place_of("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/")

    assert listed_as_one(march, Selection())
    assert listed_as_one(march, Selection(since=datetime(2026, 2, 1)))
    assert not listed_as_one(march, Selection(since=datetime(2026, 3, 9)))


@given(st.text(alphabet="AWSLogs/0123456789o-abCloudTrail", max_size=80))
def test_any_key_has_a_place(text: str) -> None:
    place = place_of(text)
    assert wanted(place, Selection())
    assert place.days is None or place.days[0] <= place.days[1]


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("s3://logs", ("logs", "")),
        ("s3://logs/", ("logs", "")),
        ("s3://logs/a b/c?d#e%20[x]*+/", ("logs", "a b/c?d#e%20[x]*+/")),
        ("s3://logs//double", ("logs", "/double")),
        (
            "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/ir/AWSLogs/",
            ("arn:aws:s3:eu-west-1:111122223333:accesspoint/ir", "AWSLogs/"),
        ),
    ],
)
def test_paths_are_taken_literally(path: str, parts: tuple[str, str]) -> None:
    assert split_s3_path(path) == parts


@pytest.mark.parametrize("path", ["s3://", "s3:///key", "s3://a b/", "s3://-x/"])
def test_what_is_no_bucket_is_refused(path: str) -> None:
    with pytest.raises(WrongUsage, match="not a bucket"):
        split_s3_path(path)


def test_sizes() -> None:
    assert [parse_size(t) for t in ("10", "1K", "1.5 MB", "20G", "1TiB")] == [
        10, 1024, 3 << 19, 20 << 30, 1 << 40,
    ]  # fmt: skip
    with pytest.raises(WrongUsage):
        parse_size("lots")


@pytest.mark.parametrize("url", ["minio:9000", "ftp://x", "https://", "https://user:pass@host"])
def test_an_endpoint_must_be_a_plain_address(url: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        S3Options(endpoint_url=url)
    assert "pass" not in str(refused.value).replace("password", "")


def test_the_policy_names_what_is_read_and_nothing_more() -> None:
    policy = least_privilege("logs", "org/AWSLogs/", kms_key="arn:aws:kms:eu-west-1:1:key/x")

    actions = [statement["Action"] for statement in policy["Statement"]]
    assert actions == ["s3:ListBucket", "s3:GetObject", "kms:Decrypt"]
    listing, reading, _ = policy["Statement"]
    assert listing["Resource"] == "arn:aws:s3:::logs"
    assert listing["Condition"]["StringLike"]["s3:prefix"] == ["org/AWSLogs", "org/AWSLogs/*"]
    assert reading["Resource"] == "arn:aws:s3:::logs/org/AWSLogs/*"


def test_the_policy_takes_a_path_and_refuses_patterns() -> None:
    assert least_privilege("s3://logs/a/") == least_privilege("logs", "a")
    with pytest.raises(WrongUsage):
        least_privilege("logs", "a/*")
    with pytest.raises(WrongUsage):
        least_privilege("logs", kms_key="alias/x")
