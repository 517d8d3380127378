"""Small CloudTrail records and the files that hold them, for tests that say what they need."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from queries.case import Case
from queries.index.build import build_index
from queries.progress import CancelToken, Progress
from queries.refresh import look_again
from queries.sources.archives import expand
from queries.sources.local import find_items

Record = dict[str, Any]

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Field cases and real logs lie beside the checkout; without them their tests are skipped."""

ACCOUNT = "111122223333"
DANA = f"arn:aws:iam::{ACCOUNT}:user/dana.ops"
EVE = f"arn:aws:iam::{ACCOUNT}:user/eve"
API = f"{ACCOUNT}/us-east-1/team/api"


def shared(*parts: str) -> Path:
    """A file beside the checkout, or a skip that says which one is missing."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs {path}, which is not part of the checkout")
    return path


def at(minute: int, second: int = 0) -> str:
    """A time on 2 March 2026, counted in minutes from 10:00."""
    return f"2026-03-02T{10 + minute // 60:02d}:{minute % 60:02d}:{second:02d}Z"


def record(name: str, time: str, who: str = DANA, **fields: Any) -> Record:
    """A record of a call to the registry by an IAM user."""
    identity = {
        "type": "IAMUser",
        "principalId": f"AIDA{who[-4:].upper()}",
        "arn": who,
        "accountId": ACCOUNT,
        "accessKeyId": f"AKIA{who[-4:].upper()}",
        "userName": who.rsplit("/", 1)[-1],
    }
    made: Record = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": time,
        "eventSource": "ecr.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.10",
        "userAgent": "docker/27.1.1",
        "requestParameters": {"repositoryName": "team/api"},
        "responseElements": None,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
    }
    made.update(fields)
    if "eventID" not in made:
        text = json.dumps(made, sort_keys=True)
        made["eventID"] = hashlib.sha256(text.encode()).hexdigest()[:32]
    return made


def image(*layers: str, **fields: Any) -> str:
    """An image manifest with these layers (any short words)."""
    value = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": sha(f"config {layers}"),
            "size": 7,
        },
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": sha(layer),
                "size": 100,
            }
            for layer in layers
        ],
    }
    return json.dumps({**value, **fields})


def index(*manifests: str, attestations: Sequence[str] = ()) -> str:
    """An index that lists manifests by their digests, linux/amd64 and so on."""
    platforms = ["amd64", "arm64", "s390x"]
    children = [
        {"digest": sha(text), "platform": {"os": "linux", "architecture": platforms[i % 3]}}
        for i, text in enumerate(manifests)
    ]
    children += [
        {
            "digest": sha(text),
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
        }
        for text in attestations
    ]
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": children,
        }
    )


def sha(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def push(
    manifest: str, tag: str | None, time: str, who: str = DANA, *, failed: str = "", **fields: Any
) -> Record:
    """A PutImage record; `failed` is its errorCode."""
    asked: Record = {"registryId": ACCOUNT, "repositoryName": "team/api", "imageManifest": manifest}
    named: Record = {"imageDigest": sha(manifest)}
    if tag is not None:
        asked["imageTag"] = named["imageTag"] = tag
    answer = {
        "image": {
            "registryId": ACCOUNT,
            "repositoryName": "team/api",
            "imageId": named,
            "imageManifest": manifest,
        }
    }
    if failed:
        fields |= {"errorCode": failed, "errorMessage": "no"}
    return record(
        "PutImage",
        time,
        who,
        requestParameters=asked,
        responseElements=None if failed else answer,
        **fields,
    )


def trail(records: Sequence[object]) -> bytes:
    """A file as CloudTrail delivers it, before compression."""
    return json.dumps({"Records": list(records)}).encode()


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Put files into a folder; names may have slashes."""
    for name, data in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


@contextmanager
def case_of(folder: Path, *records: Record) -> Iterator[Case]:
    """A case over one trail file with these records, in memory, which is faster than on disk."""
    path = write(folder, {"trail.json": trail(records)}) / "trail.json"
    with case_in_memory(path) as case:
        yield case


def case_in_memory(*paths: Path) -> Case:
    """A case that lies nowhere, for tests that are not about where it lies."""
    connection, totals = _built(*paths)
    return Case(connection, Path(":memory:"), totals)


def rows(case: Case, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The answer to a statement, for assertions."""
    return case.ask(sql, parameters).rows


def one(case: Case, sql: str, **parameters: Any) -> Any:
    """The single value a statement answers."""
    [(value,)] = rows(case, sql, **parameters)
    return value


TABLES = (
    "events",
    "copies",
    "actors",
    "called",
    "hours",
    "registry_events",
    "sessions",
    "created",
    "session_ancestors",
    "pushes",
    "push_records",
    "push_layers",
    "push_manifests",
    "tag_spans",
    "deployments",
    "pulls",
    "scans",
)


def index_in_memory(
    path: Path, *, fast: bool = True, workers: int = 1
) -> duckdb.DuckDBPyConnection:
    """The tables over some evidence, without a case around them."""
    return _built(path, fast=fast, workers=workers)[0]


def _built(
    *paths: Path, fast: bool = True, workers: int = 1
) -> tuple[duckdb.DuckDBPyConnection, dict[str, Any]]:
    connection = duckdb.connect(config={"threads": "1"})
    listing = find_items(list(map(str, paths)))
    expand(listing)
    totals = build_index(connection, listing, Progress(), CancelToken(), workers=workers, fast=fast)
    return connection, totals


def table(
    connection: duckdb.DuckDBPyConnection, name: str, *, without: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """All rows of a table, sorted, some columns left out."""
    cursor = connection.execute(f"SELECT * FROM {name}")
    columns = [column[0] for column in cursor.description or ()]
    found = [
        {c: v for c, v in zip(columns, row, strict=True) if c not in without}
        for row in cursor.fetchall()
    ]
    return sorted(found, key=lambda row: json.dumps(row, default=str, sort_keys=True))


def to_the_end(case: Case, first: int) -> list[Case]:
    """Every case on the way of reading on; the last is the whole, and only that is open."""
    cases = [case]
    while "part" in cases[-1].totals:
        grown = look_again(cases[-1], first=first)
        assert grown is not None
        cases[-1].close()
        cases.append(grown)
    return cases
