"""Log files are checked against the digest files in the evidence."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from queries.case import open_case
from samples import incident_path

ACCOUNT, REGION = "111122223333", "us-east-1"


def log_name(hour: int) -> str:
    return f"{ACCOUNT}_CloudTrail_{REGION}_20260302T{hour:02d}30Z_aaaaaaaaaaaaaaa{hour:x}.json.gz"


def digest_name(hour: int) -> str:
    return f"{ACCOUNT}_CloudTrail-Digest_{REGION}_main_{REGION}_20260302T{hour:02d}0000Z.json.gz"


def log(hour: int) -> bytes:
    return json.dumps(
        {
            "Records": [
                {
                    "eventID": f"event-{hour}",
                    "eventTime": f"2026-03-02T{hour:02d}:20:00Z",
                    "eventSource": "ecr.amazonaws.com",
                    "eventName": "DescribeImages",
                    "awsRegion": REGION,
                }
            ]
        }
    ).encode()


def write_trail(folder: Path, hours: range) -> None:
    """Logs and digests of some hours, as a trail delivers them."""
    before: bytes | None = None
    for hour in hours:
        (folder / log_name(hour)).write_bytes(gzip.compress(log(hour)))
        digest: dict[str, Any] = {
            "awsAccountId": ACCOUNT,
            "digestStartTime": f"2026-03-02T{hour:02d}:00:00Z",
            "digestEndTime": f"2026-03-02T{hour + 1:02d}:00:00Z",
            "digestS3Object": f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{digest_name(hour + 1)}",
            "previousDigestS3Object": None
            if before is None
            else f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{digest_name(hour)}",
            "previousDigestHashValue": None
            if before is None
            else hashlib.sha256(before).hexdigest(),
            "logFiles": [
                {
                    "s3Object": f"AWSLogs/{ACCOUNT}/CloudTrail/{log_name(hour)}",
                    "hashValue": hashlib.sha256(log(hour)).hexdigest(),
                    "hashAlgorithm": "SHA-256",
                }
            ],
        }
        before = json.dumps(digest).encode()
        (folder / digest_name(hour + 1)).write_bytes(gzip.compress(before))


def totals(folder: Path) -> dict[str, Any]:
    with open_case([str(folder)], use_cache=False) as case:
        return case.totals


def test_an_untouched_trail_is_verified(tmp_path: Path) -> None:
    write_trail(tmp_path, range(8, 12))
    found = totals(tmp_path)
    assert (found["digests"]["read"], found["digests"]["verified"]) == (4, 4)
    assert found["evidence_complete"]
    assert found["skipped_files"] == 4


def test_an_altered_log_file_is_named(tmp_path: Path) -> None:
    write_trail(tmp_path, range(8, 12))
    (tmp_path / log_name(9)).write_bytes(gzip.compress(log(9).replace(b"event-9", b"event-x")))
    found = totals(tmp_path)
    assert found["digests"]["altered"] == [log_name(9)]
    assert not found["evidence_complete"]
    assert any("ALTERED" in note and log_name(9) in note for note in found["notes"])


def test_a_damaged_log_file_is_not_called_altered(tmp_path: Path) -> None:
    """It was cut on its way here, for all one knows."""
    write_trail(tmp_path, range(8, 12))
    whole = (tmp_path / log_name(9)).read_bytes()
    (tmp_path / log_name(9)).write_bytes(whole[:-9])
    found = totals(tmp_path)
    assert (found["digests"]["altered"], found["digests"]["verified"]) == ([], 3)
    assert found["digests"]["not_compared"] == [log_name(9)]
    assert not any("ALTERED" in note for note in found["notes"])
    assert any("could not be compared" in note and log_name(9) in note for note in found["notes"])


@pytest.mark.parametrize("recorded", ["", None, "n/a"])
def test_without_a_hash_in_the_digest_nothing_is_called_altered(
    tmp_path: Path, recorded: str | None
) -> None:
    write_trail(tmp_path, range(11, 12))
    digest = json.loads(gzip.decompress((tmp_path / digest_name(12)).read_bytes()))
    digest["logFiles"][0]["hashValue"] = recorded
    (tmp_path / digest_name(12)).write_bytes(gzip.compress(json.dumps(digest).encode()))
    found = totals(tmp_path)["digests"]
    assert (found["verified"], found["altered"]) == (0, [])
    assert found["not_compared"] == [log_name(11)]


def test_a_missing_log_file_is_named(tmp_path: Path) -> None:
    write_trail(tmp_path, range(8, 12))
    (tmp_path / log_name(10)).unlink()
    assert totals(tmp_path)["digests"]["missing"] == [log_name(10)]


def test_a_log_file_that_no_digest_lists_is_named(tmp_path: Path) -> None:
    write_trail(tmp_path, range(8, 12))
    extra = log_name(9).replace("aaaaaaaaaaaaaaa9", "bbbbbbbbbbbbbbb9")
    (tmp_path / extra).write_bytes(gzip.compress(log(9).replace(b"event-9", b"planted")))
    assert totals(tmp_path)["digests"]["unlisted"] == [extra]


def test_missing_and_altered_digests_break_the_chain(tmp_path: Path) -> None:
    write_trail(tmp_path, range(8, 12))
    (tmp_path / digest_name(10)).unlink()
    assert any("missing" in said for said in totals(tmp_path)["digests"]["breaks"])
    other = tmp_path / "other"
    other.mkdir()
    write_trail(other, range(8, 12))
    data = gzip.decompress((other / digest_name(10)).read_bytes())
    (other / digest_name(10)).write_bytes(gzip.compress(data + b" "))
    assert any("ALTERED" in said for said in totals(other)["digests"]["breaks"])


def test_the_sample_incident_agrees_with_its_digests() -> None:
    found = totals(incident_path())
    assert found["digests"]["read"] == 4
    assert found["digests"]["verified"] > 0
    assert not found["digests"]["altered"]
    assert not found["digests"]["missing"]
