"""An index that grew part by part has, in every table, the rows of one that was built at once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from queries.changed import forget_changed
from queries.index import derived
from queries.index.build import build_index, grow_index
from queries.index.schema import READ_TABLES, create_tables
from queries.index.touched import Touched
from queries.progress import CancelToken, Progress
from queries.sources.local import Item, Listing, find_items
from samples import incident_path
from tests.evidence_files import (
    ACCOUNT,
    DANA,
    EVE,
    Record,
    at,
    image,
    index,
    push,
    record,
    sha,
    trail,
    write,
)

PARTS = 4
CLOUDS = ("azure", "google", "cluster")
NUMBERS = {"deployment_no"}
"""Columns that only number the rows."""
BY_READING = {"files", "meta", "listed", "contents", "digests", "digest_entries"}
REPLICATION = {
    "type": "AWSService",
    "invokedBy": "replication.ecr.amazonaws.com",
    "principalId": "x",
}


def _role(name: str, key: str) -> Record:
    return {
        "type": "AssumedRole",
        "principalId": f"AROA:{name}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/s",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
        },
    }


def _assume(who: Record, name: str, key: str, time: str) -> Record:
    answer = {
        "credentials": {"accessKeyId": key},
        "assumedRoleUser": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/s"},
    }
    return record(
        "AssumeRole", time, eventSource="sts.amazonaws.com", userIdentity=who,
        requestParameters={"roleSessionName": "s"}, responseElements=answer,
    )  # fmt: skip


@cache
def _own_records() -> list[Record]:
    """What the samples have too little of, one or more of everything that a table is made of."""
    user = record("X", at(0))["userIdentity"]
    one, two, three = (_role(name, f"ASIA{name.upper():0>12}") for name in ("one", "two", "three"))
    base, other = image("base", "one"), image("base", "other")
    made = [
        _assume(user, "one", one["accessKeyId"], at(0)),
        _assume(one, "two", two["accessKeyId"], at(1)),
        _assume(two, "three", three["accessKeyId"], at(2)),
        *(record("DescribeImages", at(3 + n), userIdentity=who) for n, who in
          enumerate((one, two, three, three))),
        record("GetAuthorizationToken", at(5)),
        record("GetAuthorizationToken", at(6), EVE),
        push(base, "1", at(10), userIdentity=three),
        push(base, "latest", at(11), userIdentity=three),
        push(other, "latest", at(20), EVE),
        push(index(base, other), "multi", at(25), EVE),
        push(other, None, at(24), EVE),
        push(image("copied"), "c", at(30)),
        push(image("copied"), "c", at(31), userIdentity=REPLICATION, awsRegion="eu-west-1"),
        push(image("denied"), "d", at(32), EVE, failed="AccessDenied"),
        record("InitiateLayerUpload", at(33), EVE),
        record("UploadLayerPart", at(34), EVE, requestParameters={"repositoryName": "team/half"}),
        record("PutImage", at(35), requestParameters=None, errorCode="AccessDenied"),
        record("BatchDeleteImage", at(40), responseElements={
            "imageIds": [{"imageTag": "latest", "imageDigest": sha(other)}], "failures": []}),
        push(image("again"), "latest", at(41)),
        record("BatchGetImage", at(12), requestParameters={"repositoryName": "team/api", "imageIds":
            [{"imageTag": "latest"}, {"imageDigest": sha(base)}, {"imageTag": "multi"}]}),
        record("BatchGetImage", at(22), userIdentity=two, requestParameters={
            "repositoryName": "team/api", "imageIds": [{"imageTag": "latest"}]}),
        record("CreateUser", at(8), eventSource="iam.amazonaws.com", userIdentity=three,
            requestParameters={"userName": "newcomer"}),
        record("GetCallerIdentity", at(44), f"arn:aws:iam::{ACCOUNT}:user/path/newcomer",
            eventSource="sts.amazonaws.com"),
        record("PutReplicationConfiguration", at(9), requestParameters={
            "replicationConfiguration": {"rules": [{"destinations": [
                {"region": "eu-west-1", "registryId": ACCOUNT}]}]}}),
    ]  # fmt: skip
    host = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/team/api"
    for n in range(6):
        made += [
            record("RegisterTaskDefinition", at(13 + 2 * n), eventSource="ecs.amazonaws.com",
                requestParameters={"family": f"app{n % 2}",
                    "containerDefinitions": [{"name": "a", "image": f"{host}:latest"}]},
                responseElements={"taskDefinition": {"taskDefinitionArn":
                    f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/app{n % 2}:{n + 1}"}}),
            record("UpdateService", at(14 + 2 * n), eventSource="ecs.amazonaws.com",
                userIdentity=(one, two, three)[n % 3], requestParameters={"cluster": "c",
                    "service": f"s{n % 2}", "taskDefinition": f"app{n % 2}"}),
            record("RunTask", at(15 + 2 * n), eventSource="ecs.amazonaws.com",
                requestParameters={"taskDefinition": f"app{n % 2}"}),
            # A pipeline sets a stack to work, which makes a call.
            record("StartPipelineExecution", at(60 * n), DANA, awsRegion="eu-west-3",
                eventSource="codepipeline.amazonaws.com", requestParameters={"name": "p"}),
            record("UpdateStack", at(60 * n + 2), awsRegion="eu-west-3",
                eventSource="cloudformation.amazonaws.com", requestParameters={"stackName": "s"},
                userIdentity={**one, "invokedBy": "codepipeline.amazonaws.com"}),
            record("CreateRole", at(60 * n + 3), awsRegion="eu-west-3",
                eventSource="iam.amazonaws.com", requestParameters={"roleName": f"r{n}"},
                userIdentity={**two, "invokedBy": "cloudformation.amazonaws.com"}),
            # Both sides of a call between accounts.
            *(record("GetRepositoryPolicy", at(50 + n), sharedEventID=f"shared-{n}",
                eventID=f"{side}-{n}", userIdentity=who)
              for side, who in (("a", user), ("b", {"type": "AWSAccount", "accountId": "4" * 12}))),
        ]  # fmt: skip
    return made


@cache
def _records() -> list[Record]:
    """The records of the sample trail, and our own."""
    found = list(_own_records())
    for path in sorted(incident_path().rglob("*.json.gz")):
        found += json.loads(gzip.decompress(path.read_bytes())).get("Records", [])
    return found


def _copies(some: Record, chance: Random) -> list[Record]:
    """A record, and maybe copies: word for word, with less in them, or that contradict it."""
    poor = {**some, "responseElements": None, "requestParameters": None}
    sorts: tuple[list[Record], ...] = (
        [some], [poor], [some, poor], [{**some, "userAgent": "other"}],
        [poor, {**some, "sourceIPAddress": "203.0.113.99"}],
    )  # fmt: skip
    return [some, *(chance.choice(sorts) if chance.random() < 0.1 else [])]


def split(folder: Path, seed: int) -> list[Path]:
    """Folders that together hold all evidence, any record in any of them: half in the first."""
    chance = Random(seed)
    parts = [folder / f"{number}" for number in range(PARTS)]
    weights = [PARTS - 1, *[1] * (PARTS - 1)]
    records: list[list[Record]] = [[] for _ in parts]
    for some in _records():
        for each in _copies(some, chance):
            records[chance.choices(range(PARTS), weights)[0]].append(each)
    for part, own in zip(parts, records, strict=True):
        half = len(own) // 2
        write(part, {"a.json": trail(own[:half]), "b.json": trail(own[half:])})
    for cloud in CLOUDS:
        source = incident_path().parent / cloud
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            for name, data in _pieces(path, chance):
                part = chance.choices(parts, weights)[0]
                write(part, {f"{cloud}/{path.parent.relative_to(source)}/{name}": data})
    return parts


def _pieces(path: Path, chance: Random) -> list[tuple[str, bytes]]:
    """A file as it is, or in two where it has lines."""
    data = path.read_bytes()
    packed = path.suffix == ".gz"
    lines = (gzip.decompress(data) if packed else data).splitlines(keepends=True)
    if path.name != "000000.gz" or len(lines) < 2:
        return [(path.name, data)]
    halves: list[list[bytes]] = [[], []]
    for line in lines:
        halves[chance.random() < 0.4].append(line)
    return [
        (f"{number:06}.gz", gzip.compress(b"".join(half), mtime=0))
        for number, half in enumerate(halves)
        if half
    ]


class Index:
    """An index in memory, and the files in it."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.connection = duckdb.connect(config={"threads": "1"})
        listing = _listed(folders)
        self.items = list(listing.items)
        self.totals = build_index(self.connection, listing, Progress(), CancelToken(), workers=1)

    def grow(self, folders: Sequence[Path], without: Sequence[Item] = ()) -> None:
        touched = Touched(self.connection)
        forget_changed(self.connection, [item.name for item in without], touched)
        listing = _listed(folders)
        self.items += listing.items
        self.totals = grow_index(
            self.connection, listing, self.items.__getitem__, Progress(), CancelToken(), touched,
            workers=1,
        )  # fmt: skip

    def rows(self, table: str) -> list[str]:
        cursor = self.connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description or ()]
        kept = [at for at, name in enumerate(names) if name not in NUMBERS]
        return sorted(repr([row[at] for at in kept]) for row in cursor.fetchall())

    def tables(self) -> list[str]:
        return [row[0] for row in self.connection.execute("SHOW TABLES").fetchall()]


def _listed(folders: Sequence[Path]) -> Listing:
    listing = find_items([str(folder) for folder in folders])
    listing.walk_done()
    return listing


def same(grown: Index, built: Index) -> None:
    assert grown.tables() == built.tables()
    for table in built.tables():
        if table in BY_READING:
            continue
        ours, theirs = grown.rows(table), built.rows(table)
        assert ours == theirs, (table, len(ours), len(theirs))
        assert theirs, table
    for totals in (grown.totals, built.totals):
        totals["notes"] = sorted(note for note in totals["notes"] if "late" not in note)
    assert grown.totals == built.totals
    ledger = "SELECT name, status, records, events, copies FROM files ORDER BY name"
    assert (
        grown.connection.execute(ledger).fetchall() == built.connection.execute(ledger).fetchall()
    )


@pytest.fixture(autouse=True)
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "SMALL", 0)
    monkeypatch.setattr(derived, "SHARE", 1)


def test_a_grown_index_has_the_rows_of_one_built_at_once(tmp_path: Path) -> None:
    parts = split(tmp_path, 1)
    grown = Index(parts[:1])
    for part in parts[1:]:
        grown.grow([part])
    same(grown, Index(parts))


def test_files_that_go_leave_what_the_others_say(tmp_path: Path) -> None:
    parts = split(tmp_path, 3)
    grown = Index(parts)
    last = [item for item in grown.items if f"/{PARTS - 1}/" in item.name]
    grown.grow([], without=last)
    same(grown, Index(parts[:-1]))


def test_every_table_says_how_it_is_kept_up() -> None:
    connection = duckdb.connect()
    create_tables(connection)
    made = {table for derivation in derived.DERIVED for table in derivation.tables}
    every: set[Any] = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    assert made == every - READ_TABLES
