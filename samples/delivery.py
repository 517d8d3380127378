"""From records to files, the way an organisation trail delivers them.

Records reach the bucket some minutes after they happened, in no order, some of them later than
their neighbours, a few of them twice. One stream (account and region) lost a whole day.
"""

import gzip
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random

from samples.cast import BUILD, IRELAND, PRODUCTION, VIRGINIA
from samples.cloudtrail import Entry, Record, iso

ORGANISATION = "o-exampleorg"
BUCKET = "example-org-trail-logs"
TRAIL_NAME = "organisation-trail"

GAP_STREAM = (BUILD, IRELAND)
GAP_DAY = date(2026, 3, 5)

SLOT = timedelta(minutes=5)
USUAL_DELAY = (timedelta(minutes=3), timedelta(minutes=4))
LATE_DELAY = (timedelta(minutes=7), timedelta(minutes=10))
LATE_SHARE = 0.015
COPIES_AFTER = timedelta(minutes=40)

_NAME_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

# Four hourly digests in a row around the night that matters.
_DIGEST_STREAM = (PRODUCTION, VIRGINIA)
_FIRST_DIGEST = datetime(2026, 3, 8, 23, 9, 41, tzinfo=UTC)
_DIGESTS = 4


@dataclass
class LogFile:
    """One delivered file: when it arrived and the entries in it."""

    account: str
    region: str
    stamp: datetime
    entries: list[Entry] = field(default_factory=list)
    path: str = ""

    def text(self) -> bytes:
        return compact({"Records": [entry.record for entry in self.entries]})


def compact(value: Record) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def deliver(entries: list[Entry], twice: list[str], rng: Random) -> dict[str, bytes]:
    """Lay the records out in files: path below the evidence folder -> gzip bytes."""
    logs = _group(entries, rng)
    _repeat(logs, twice)
    for log in logs:
        rng.shuffle(log.entries)
        log.path = _log_path(log, rng)
    texts = {log.path: log.text() for log in logs}
    texts.update(_digests(logs, rng))
    return {path: _gzip(text) for path, text in sorted(texts.items())}


def _group(entries: list[Entry], rng: Random) -> list[LogFile]:
    files: dict[tuple[str, str, datetime], LogFile] = {}
    for entry in entries:
        stamp = _arrival(entry.when, rng)
        if (entry.account, entry.region) == GAP_STREAM and stamp.date() == GAP_DAY:
            continue
        key = (entry.account, entry.region, stamp)
        files.setdefault(key, LogFile(*key)).entries.append(entry)
    return [files[key] for key in sorted(files)]


def _arrival(when: datetime, rng: Random) -> datetime:
    """The end of the five-minute slot in which a record reaches the bucket."""
    low, high = LATE_DELAY if rng.random() < LATE_SHARE else USUAL_DELAY
    ready = when + low + (high - low) * rng.random()
    midnight = ready.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + SLOT * -((midnight - ready) // SLOT)


def _repeat(logs: list[LogFile], twice: list[str]) -> None:
    """Deliver some records again, in a later file of the same stream."""
    found = [
        (log, entry) for log in logs for entry in log.entries if entry.record["eventID"] in twice
    ]
    for log, entry in found:
        later = [
            other
            for other in logs
            if (other.account, other.region) == (log.account, log.region)
            and other.stamp >= log.stamp + COPIES_AFTER
        ]
        later[0].entries.append(entry)


def _log_path(log: LogFile, rng: Random) -> str:
    unique = "".join(rng.choice(_NAME_ALPHABET) for _ in range(16))
    name = f"{log.account}_CloudTrail_{log.region}_{log.stamp:%Y%m%dT%H%MZ}_{unique}.json.gz"
    return f"{_folder(log.account, 'CloudTrail', log.region, log.stamp)}/{name}"


def _folder(account: str, kind: str, region: str, day: datetime) -> str:
    return f"AWSLogs/{ORGANISATION}/{account}/{kind}/{region}/{day:%Y/%m/%d}"


def _digests(logs: list[LogFile], rng: Random) -> dict[str, bytes]:
    """Digest files: not logs, but they lie beside them and readers must know them."""
    fingerprint = f"{rng.getrandbits(128):032x}"
    made: dict[str, bytes] = {}
    previous: Record = {
        "previousDigestS3Bucket": None,
        "previousDigestS3Object": None,
        "previousDigestHashValue": None,
        "previousDigestHashAlgorithm": None,
        "previousDigestSignature": None,
    }
    for hour in range(_DIGESTS):
        end = _FIRST_DIGEST + timedelta(hours=hour)
        path, text = _digest(logs, end, fingerprint, previous)
        made[path] = text
        previous = {
            "previousDigestS3Bucket": BUCKET,
            "previousDigestS3Object": path,
            "previousDigestHashValue": sha256(text).hexdigest(),
            "previousDigestHashAlgorithm": "SHA-256",
            # Invented: nobody holds the key. The hashes are real and can be checked.
            "previousDigestSignature": f"{rng.getrandbits(2048):0512x}",
        }
    return made


def _digest(
    logs: list[LogFile], end: datetime, fingerprint: str, previous: Record
) -> tuple[str, bytes]:
    account, region = _DIGEST_STREAM
    start = end - timedelta(hours=1)
    listed = [
        log
        for log in logs
        if (log.account, log.region) == _DIGEST_STREAM and start < log.stamp <= end
    ]
    times = [iso(entry.when) for log in listed for entry in log.entries]
    folder = _folder(account, "CloudTrail-Digest", region, end)
    name = (
        f"{account}_CloudTrail-Digest_{region}_{TRAIL_NAME}_{region}_{end:%Y%m%dT%H%M%SZ}.json.gz"
    )
    body: Record = {
        "awsAccountId": account,
        "digestStartTime": iso(start),
        "digestEndTime": iso(end),
        "digestS3Bucket": BUCKET,
        "digestS3Object": f"{folder}/{name}",
        "digestPublicKeyFingerprint": fingerprint,
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": max(times, default=None),
        "oldestEventTime": min(times, default=None),
        **previous,
        "logFiles": [_listed(log) for log in listed],
    }
    return f"{folder}/{name}", compact(body)


def _listed(log: LogFile) -> Record:
    times = [iso(entry.when) for entry in log.entries]
    return {
        "s3Bucket": BUCKET,
        "s3Object": log.path,
        "hashValue": sha256(log.text()).hexdigest(),
        "hashAlgorithm": "SHA-256",
        "newestEventTime": max(times),
        "oldestEventTime": min(times),
    }


def _gzip(text: bytes) -> bytes:
    """Compress with nothing in the header that depends on the day, the name or the machine."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as packed:
        packed.write(text)
    return buffer.getvalue()
