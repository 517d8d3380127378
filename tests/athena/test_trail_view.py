"""The view `events` of a trail says of each record what the index of a case says.

DuckDB runs it, with Trino's functions under their names there, over the records as Athena's reader
of JSON gives them: keys in small letters, and objects in columns of text as JSON.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp
from trino_sql_validator import validate

from queries.athena.trail import COLUMNS
from queries.athena.trail_view import ABSENT, events_of_trail
from queries.case import open_case
from queries.converted.layout import columns_of
from samples import incident_path
from tests.evidence_files import at, case_of, record

IMPLANT = "sha256:22286464f09726ab75d8a17853f3d076d1529a8c16b4c28b41f00d98772fd187"
_IN_DUCKDB = {
    "json_extract_scalar(": "json_extract_string(",
    "regexp_like(": "regexp_matches(",
    "to_unixtime(": "epoch(",
    "element_at(": "list_extract(",
    "'$1')": r"'\1')",
    "lower(to_hex(sha256(to_utf8(f.q_manifest))))": "sha256(f.q_manifest)",
    "from_big_endian_64(xxhash64(to_utf8(g.event_id)))": "hash(g.event_id)",
}


@pytest.fixture(scope="module")
def trail() -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample incident as a trail, and the view of it."""
    with duckdb.connect() as connection:
        _fill(connection, _records(Path(str(incident_path()))))
        connection.execute(f"CREATE VIEW events AS {_for_duckdb(events_of_trail('trail'))}")
        yield connection


def test_a_trails_view_says_of_each_record_what_an_index_says(
    trail: duckdb.DuckDBPyConnection,
) -> None:
    compared = [name for name, _ in columns_of("events") if name not in (*ABSENT, "event_key")]
    asked = f"SELECT {', '.join(compared)} FROM events"
    with open_case([str(incident_path())], use_cache=False) as case:
        expected = case.ask(asked).dicts()
    found = _dicts(trail, f"SELECT DISTINCT {', '.join([*compared, *ABSENT])} FROM events")
    by_id = {row["event_id"]: row for row in found}
    assert len(expected) > 400
    for row in expected:
        seen = by_id[row["event_id"]]
        for name in compared:
            assert _plain(seen[name]) == _plain(row[name]), (name, row["event_id"])
        assert [seen[name] for name in ABSENT] == [None] * len(ABSENT)


def test_odd_records_are_worked_out_as_in_an_index(tmp_path: Path) -> None:
    """Account ids that were numbers, and a repository behind other resources."""
    key = {"ARN": "arn:aws:kms:us-east-1:000111122223:key/1"}
    named = {"ARN": "arn:aws-cn:ecr:us-east-1:000111122223:repository/team/api"}
    service = {"type": "AWSAccount", "accountId": 111122223, "principalId": "AIDA"}
    refused: dict[str, Any] = {"errorCode": "AccessDenied", "requestParameters": None}
    number = {"repositoryName": "team/api", "registryId": 111122223}
    records = [
        record("PutImage", at(1), resources=[key, named], **refused),
        record("PutImage", at(2), resources=[key, key, named], **refused),
        record("PutImage", at(3), resources=[key], **refused),
        record("PutImage", at(4), resources=None, recipientAccountId=111122223, **refused),
        record("PutImage", at(5), userIdentity=service, requestParameters=number),
        record("DeleteRepository", at(6), requestParameters={"repositoryName": "team/api"},
               recipientAccountId="", userIdentity={**service, "accountId": ""}),
        record("CreateSession", at(7), eventSource="rolesanywhere.amazonaws.com",
               userIdentity={"type": "Unknown", "accountId": 111122223}, responseElements={
                   "credentialSet": [{"credentials": {"accessKeyId": "ASIA"},
                                      "assumedRoleUser": {"arn": "arn:aws:sts::1:x/b"}}],
                   "subjectArn": "arn:aws:rolesanywhere:us-east-1:1:subject/2"}),
    ]  # fmt: skip
    compared = [name for name, _ in columns_of("events") if name not in (*ABSENT, "event_key")]
    asked = f"SELECT {', '.join(compared)} FROM events ORDER BY event_time"
    with case_of(tmp_path, *records) as case, duckdb.connect() as connection:
        expected = case.ask(asked).dicts()
        _fill(connection, iter(records))
        connection.execute(f"CREATE VIEW events AS {_for_duckdb(events_of_trail('trail'))}")
        found = _dicts(connection, asked)
    assert expected[0]["repository"] == "000111122223/us-east-1/team/api"
    for row, seen in zip(expected, found, strict=True):
        for name in compared:
            assert _plain(seen[name]) == _plain(row[name]), (name, row["event_time"])


def test_the_questions_on_the_page_are_answered(trail: duckdb.DuckDBPyConnection) -> None:
    page = (Path(__file__).parents[2] / "docs" / "athena.md").read_text(encoding="utf-8")
    asked = re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)
    for sql in asked:
        found = validate(sql, jinja="reject")
        assert found.valid, found.error
        assert found.warnings == ()
    where, who, keys = (
        _dicts(trail, sql.replace("ecr_investigate.events", "events")) for sql in asked
    )
    with open_case([str(incident_path())], use_cache=False) as case:
        [(puts,)] = case.ask(
            "SELECT count(*) FROM events WHERE registry_action = 'push' AND outcome = 'ok'"
            " AND event_time >= TIMESTAMP '2026-03-01' AND merged_into IS NULL"
        ).rows
        [push] = case.ask("SELECT * FROM pushes WHERE image_digest = $digest AND outcome = 'ok'",
                          {"digest": IMPLANT}).dicts()  # fmt: skip
        [(session,)] = case.ask(
            "SELECT parent_principal FROM sessions WHERE access_key_id = $key",
            {"key": push["access_key_id"]},
        ).rows
    assert sum(row["pushes"] for row in where) >= puts, "copies count, too"
    assert {row["account"] for row in where} <= {"111122223333", "444455556666"}
    first = who[0]
    assert (first["principal"], first["repository"]) == (push["principal"], push["repository"])
    issued = [row for row in keys if row["issued_access_key_id"] == push["access_key_id"]]
    # The account of the role has a record of the call too, which names its caller otherwise.
    assert session in {row["principal"] for row in issued}


def _dicts(trail: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = trail.execute(sql)
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _for_duckdb(sql: str) -> str:
    for trino, duck in _IN_DUCKDB.items():
        assert trino in sql, "translated, and not in the view"
        sql = sql.replace(trino, duck)
    return sql


def _records(place: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(place.rglob("*.json.gz")):
        yield from json.loads(gzip.decompress(path.read_bytes())).get("Records", ())


def _fill(trail: duckdb.DuckDBPyConnection, records: Iterator[dict[str, Any]]) -> None:
    shapes = {name: _shape(kind) for name, kind in COLUMNS}
    read = [json.dumps(_as_read(record, shapes)) for record in records]
    trail.execute("CREATE TABLE documents (document JSON)")
    trail.executemany("INSERT INTO documents VALUES (?)", [[text] for text in read])
    trail.execute(
        f"""CREATE TABLE trail AS
        SELECT *, recipientaccountid AS account, awsregion AS region,
          replace(substr(eventtime, 1, 10), '-', '/') AS "date", '' AS "$path"
        FROM (SELECT unnest(json_transform(document, '{json.dumps(shapes)}')) FROM documents)"""
    )


def _shape(kind: str) -> Any:
    """A Hive type as json_transform wants it."""
    declared = sqlglot.parse_one(f"CREATE TABLE t (c {kind})", read="hive").find(exp.ColumnDef)
    assert declared is not None
    return _structure(declared.kind)


def _structure(kind: Any) -> Any:
    if kind.this == exp.DType.STRUCT:
        return {part.name: _structure(part.kind) for part in kind.expressions}
    if kind.this == exp.DType.ARRAY:
        return [_structure(kind.expressions[0])]
    return "JSON" if kind.this == exp.DType.MAP else "VARCHAR"


def _as_read(value: Any, shape: Any) -> Any:
    if value is None:
        return None
    if isinstance(shape, dict):
        small = {key.lower(): inner for key, inner in value.items()}
        return {name: _as_read(small.get(name), inner) for name, inner in shape.items()}
    if isinstance(shape, list):
        return [_as_read(inner, shape[0]) for inner in value]
    return value if isinstance(value, str) or shape == "JSON" else json.dumps(value)


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value
