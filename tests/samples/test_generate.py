"""The sample evidence: committed as generated, laid out like a trail's, and harmless."""

import gzip
import ipaddress
import json
import re
import zlib
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from samples import generate
from samples.delivery import ORGANISATION
from tests.samples.evidence import BUILD, PRODUCTION, Evidence, digest, manifest

SAFE_NETWORKS = [
    ipaddress.ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
]
NAME = re.compile(
    rf"^AWSLogs/{ORGANISATION}/(\d{{12}})/CloudTrail/([a-z0-9-]+)/(\d{{4}}/\d\d/\d\d)/"
    r"\1_CloudTrail_\2_(\d{8}T\d{4}Z)_[A-Za-z0-9]{16}\.json\.gz$"
)
# Where an account id can stand: in an ARN, in a field of its own, in an image's address.
ACCOUNT = re.compile(r'(?:"|arn:aws:[a-z0-9-]*:[a-z0-9-]*:)(\d{12})(?=[":.])')


def test_committed_evidence_is_what_the_generator_writes(
    evidence: Evidence, generated: dict[str, bytes]
) -> None:
    assert sorted(evidence.packed) == sorted(generated)
    unpacked = {path: gzip.decompress(data) for path, data in generated.items()}
    assert unpacked == evidence.texts


@pytest.mark.skipif("ng" in zlib.ZLIB_RUNTIME_VERSION, reason="zlib-ng packs the same differently")
def test_committed_evidence_is_byte_identical(
    evidence: Evidence, generated: dict[str, bytes]
) -> None:
    assert generated == evidence.packed


def test_two_runs_agree_and_another_seed_does_not(generated: dict[str, bytes]) -> None:
    assert generate.build() == generated
    assert generate.build(generate.SEED + 1) != generated


def test_writing_replaces_only_its_own_files(tmp_path: Path, generated: dict[str, bytes]) -> None:
    stale = tmp_path / "AWSLogs" / ORGANISATION / PRODUCTION / "old.json.gz"
    foreign = tmp_path / "AWSLogs" / PRODUCTION / "mine.json.gz"
    for path in (stale, foreign):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
    generate.main(["--out", str(tmp_path)])
    assert not stale.exists()
    assert foreign.exists()
    foreign.unlink()
    assert Evidence(tmp_path).packed == generated


def test_size(evidence: Evidence) -> None:
    assert sum(map(len, evidence.packed.values())) < 2_000_000
    assert 150 <= len(evidence.logs) <= 300
    assert 2_500 <= len(evidence.events) <= 4_000


def test_gzip_headers_hold_no_name_and_no_time(evidence: Evidence) -> None:
    assert {data[:10] for data in evidence.packed.values()} == {b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"}


def test_files_lie_as_a_trail_delivers_them(evidence: Evidence) -> None:
    assert len(evidence.logs) + len(evidence.digests) == len(evidence.packed)
    for path, record in evidence.delivered:
        match = NAME.match(path)
        assert match, path
        account, region, day, stamp = match.groups()
        assert record["recipientAccountId"] == account
        assert record["awsRegion"] == region
        assert day == f"{stamp[:4]}/{stamp[4:6]}/{stamp[6:8]}"


def test_files_are_one_compact_line(evidence: Evidence) -> None:
    for text in evidence.texts.values():
        assert b"\n" not in text
        assert text == json.dumps(json.loads(text), separators=(",", ":")).encode()


def test_records_arrive_late_and_out_of_order(evidence: Evidence) -> None:
    delays: dict[str, timedelta] = {}
    for path, record in evidence.delivered:
        stamp = datetime.strptime(path.split("_")[-2], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
        delay = stamp - datetime.fromisoformat(record["eventTime"])
        # The first delivery counts; a copy comes later than any first.
        delays[record["eventID"]] = min(delay, delays.get(record["eventID"], delay))
    assert min(delays.values()) >= timedelta(0)
    assert timedelta(minutes=11) < max(delays.values()) <= timedelta(minutes=15)
    files = [
        [r["eventTime"] for r in json.loads(text)["Records"]] for text in evidence.logs.values()
    ]
    assert sum(times != sorted(times) for times in files) > len(files) // 2


def test_a_handful_of_records_is_delivered_twice(evidence: Evidence) -> None:
    homes = defaultdict(list)
    bodies = defaultdict(list)
    for path, record in evidence.delivered:
        homes[record["eventID"]].append(path)
        bodies[record["eventID"]].append(record)
    copied = [event for event, paths in homes.items() if len(paths) > 1]
    assert 4 <= len(copied) <= 8
    for event in copied:
        assert len(set(homes[event])) == 2
        assert bodies[event][0] == bodies[event][1]
    assert evidence.moves_of_prod()[-1]["eventID"] in copied


def test_digest_files_tell_the_true_hashes(evidence: Evidence) -> None:
    assert len(evidence.digests) == 4
    listed = []
    previous: str | None = None
    for path, text in sorted(evidence.digests.items()):
        body = json.loads(text)
        assert body["digestS3Object"] == path
        assert body["previousDigestS3Object"] == previous
        previous = path
        for log in body["logFiles"]:
            assert log["hashValue"] == sha256(evidence.texts[log["s3Object"]]).hexdigest()
            listed.append(log["s3Object"])
    assert len(listed) == len(set(listed)) > 5


def test_one_stream_has_lost_a_day(evidence: Evidence) -> None:
    seen = defaultdict(set)
    for path in evidence.logs:
        parts = path.split("/")
        seen[parts[2], parts[4]].add(parts[7])
    everything = {f"{day:02}" for day in range(1, 11)}
    assert seen.pop((BUILD, "eu-west-1")) == everything - {"05"}
    assert len(seen) == 3
    assert all(found == everything for found in seen.values())


# --- the records -----------------------------------------------------------------------------


def test_every_record_has_the_fields_of_a_record(evidence: Evidence) -> None:
    needed = {
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "requestParameters",
        "responseElements",
        "eventID",
        "readOnly",
        "eventType",
        "managementEvent",
        "recipientAccountId",
        "eventCategory",
    }
    for event in evidence.events:
        assert needed <= event.keys()
        assert event["eventVersion"] == "1.11"
        assert ("requestID" in event) == (event["eventType"] == "AwsApiCall")
        assert ("errorCode" in event) == ("errorMessage" in event)
        assert "errorCode" not in event or event["responseElements"] is None
        direct = event["sourceIPAddress"][0].isdigit()
        assert direct == ("tlsDetails" in event)
        assert datetime(2026, 3, 1, tzinfo=UTC) <= datetime.fromisoformat(event["eventTime"])
        assert datetime.fromisoformat(event["eventTime"]) < datetime(2026, 3, 11, tzinfo=UTC)


def test_event_ids_are_unique_except_for_copies(evidence: Evidence) -> None:
    assert len(evidence.events) < len(evidence.delivered)
    requests = Counter(e["requestID"] for e in evidence.events if "requestID" in e)
    twice = {request for request, count in requests.items() if count > 1}
    shared = {
        e["requestID"] for e in evidence.events if e["userIdentity"].get("type") == "AWSAccount"
    }
    assert twice == shared


def test_addresses_are_reserved_for_documentation(evidence: Evidence) -> None:
    for event in evidence.events:
        address = event["sourceIPAddress"]
        if address[0].isdigit():
            assert any(ipaddress.ip_address(address) in net for net in SAFE_NETWORKS), address
        else:
            assert address == "AWS Internal" or address.endswith(".amazonaws.com"), address


def test_nothing_names_a_real_account_person_or_host(evidence: Evidence) -> None:
    text = b"\n".join(evidence.texts.values()).decode()
    assert set(ACCOUNT.findall(text)) == {PRODUCTION, BUILD}
    assert {mail.partition("@")[2] for mail in re.findall(r"[\w.]+@[\w-]+\.[\w.-]+\w", text)} == {
        "example.com"
    }
    hosts = set(re.findall(r"[a-z0-9-]+\.(?:com|net|org|io)\b", text))
    assert hosts == {
        "amazon.com",
        "amazonaws.com",
        "example.com",
        "githubusercontent.com",
        "in-toto.io",
    }
    for found in re.findall(r"\b(?:AKIA|ASIA)\w+", text):
        assert re.fullmatch(r"A(KI|SI)A[A-Z2-7]{9}EXAMPLE", found)
    assert set(re.findall(r'"sessionToken":"([^"]*)"', text)) == {"***"}


def test_manifests_hash_to_their_digests(evidence: Evidence) -> None:
    sizes: dict[str, int] = {}
    for push in evidence.named("PutImage"):
        asked, answer = push["requestParameters"], push["responseElements"]
        for blob in [manifest(push).get("config"), *manifest(push).get("layers", [])]:
            if blob:
                assert sizes.setdefault(blob["digest"], blob["size"]) == blob["size"]
        if answer:
            assert digest(push) == f"sha256:{sha256(asked['imageManifest'].encode()).hexdigest()}"
            assert answer["image"]["imageManifest"] == asked["imageManifest"]
            assert answer["image"]["imageId"].get("imageTag") == asked.get("imageTag")


def test_registry_traffic_hides_where_it_comes_from(evidence: Evidence) -> None:
    proxied = evidence.named(
        "PutImage",
        "BatchGetImage",
        "GetDownloadUrlForLayer",
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
    )
    for event in proxied:
        assert event["sourceIPAddress"] == event["userAgent"] == "AWS Internal"
        assert event["userIdentity"]["invokedBy"] == "AWS Internal"
        assert event["resources"][0]["ARN"].startswith("arn:aws:ecr:")
    for event in evidence.named("GetAuthorizationToken"):
        assert event["sourceIPAddress"][0].isdigit()
        assert event["requestParameters"] is None
