"""Read bytes as evidence, and the three events of a push that the export formats carry."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from queries.envelopes.model import Record
from queries.index.clean import clean_record
from queries.reader import FileFacts, read_records
from queries.sources.local import Item
from tests.evidence_files import (
    ACCOUNT,
    at,
    image,
    index_in_memory,
    push,
    record,
    shared,
    trail,
    write,
)
from tests.evidence_files import table as index_rows

Fields = dict[str, Any]

CI = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci-push/build-4711"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci-push"
IDENTITY: Fields = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLECIPUSH:build-4711",
    "arn": CI,
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLECIPUSH",
            "arn": ROLE,
            "accountId": ACCOUNT,
            "userName": "ci-push",
        },
        "attributes": {"creationDate": "2026-03-02T09:58:00Z", "mfaAuthenticated": "false"},
    },
}
REPOSITORY = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/api"


def three() -> list[Fields]:
    """A login, a push and a look at the images, by one CI job."""
    common: Fields = {"userIdentity": IDENTITY, "eventCategory": "Management"}
    return [
        record(
            "GetAuthorizationToken", at(4), readOnly=True, **common | {"requestParameters": None}
        ),
        push(
            image("base", "app"),
            "1.4.2",
            at(5),
            resources=[{"accountId": ACCOUNT, "ARN": REPOSITORY}],
            **common,
        ),
        record("DescribeImages", at(6), readOnly=True, **common),
    ]


PLACES = ("event_key", "file_id", "position")
"""Columns that say where a record lies."""


def events_of(path: Path) -> list[dict[str, Any]]:
    """What the index of some evidence has as events, wherever these lie."""
    return index_rows(index_in_memory(path), "events", without=PLACES)


def events_in(data: bytes | str, name: str = "file") -> list[dict[str, Any]]:
    """The same of one file with this content."""
    with tempfile.TemporaryDirectory() as folder:
        content = data.encode() if isinstance(data, str) else data
        return events_of(write(Path(folder), {name: content}))


@cache
def events_of_three() -> list[dict[str, Any]]:
    """The events of `three` as CloudTrail delivers them, for many tests to compare with."""
    return events_in(trail(three()), "t.json")


@cache
def events_delivered() -> list[dict[str, Any]]:
    """The events that the exports beside the checkout hold, as CloudTrail delivered them."""
    return events_of(shared("cases", "formats", "s3_delivered.json.gz"))


def read(data: bytes | str, name: str = "file") -> tuple[list[Record], FileFacts]:
    """The records of a file with this content, and its ledger line."""
    facts = FileFacts()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        item = Item(str(path), path, path.stat().st_size, None)
        records = list(read_records(item, facts))
    assert len(records) == facts.records
    return records, facts


def rows(records: Iterable[Record]) -> list[Fields]:
    """What the index is built from: two records with one such row have equal columns."""
    return [json.loads(clean_record(each.fields)) for each in records]


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def lines(values: Iterable[Any]) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


def table(
    header: Sequence[str],
    cells: Iterable[Sequence[str]],
    *,
    delimiter: str = ",",
    end: str = "\n",
) -> str:
    """A CSV text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerows([list(header), *(list(row) for row in cells)])
    return out.getvalue()


def struct(value: Any, *, small: bool = False) -> str:
    """`{key=value}` as Athena and CloudTrail Lake print it, `small` with small key letters."""
    if isinstance(value, Mapping):
        inner = (
            f"{str(key).lower() if small else key}={struct(member, small=small)}"
            for key, member in value.items()
        )
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(struct(each, small=small) for each in value) + "]"
    return "null" if value is None else str(value).lower() if value in (True, False) else str(value)


def said(facts: FileFacts) -> str:
    return "; ".join(facts.notes())
