"""What `athena-ddl` prints, read back by two parsers."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlglot
from sqlglot import exp
from trino_sql_validator import validate

from queries.athena.place import Projection, location, organization, projection_of, table_name
from queries.athena.tables import converted_tables
from queries.athena.trail import COLUMNS, trail_tables
from queries.athena.trail_view import events_of_trail
from queries.converted.layout import RELATIONS, VIEWS, columns_of
from queries.errors import WrongUsage
from tests.athena.tables import parsed_properties
from tests.subset.analysis import problems

SINCE = date(2026, 1, 1)
PLAIN = Projection(SINCE, None, ("111122223333",), ("us-east-1", "eu-west-1"))


def created(statements: list[str]) -> dict[str, exp.Create]:
    """Kind and name → statement, as sqlglot reads it for Athena."""
    found = {}
    for sql in statements:
        tree = sqlglot.parse_one(sql, read="athena")
        assert isinstance(tree, exp.Create)
        found[f"{tree.kind} {tree.find(exp.Table).name}"] = tree  # type: ignore[union-attr]
    return found


# --- converted -----------------------------------------------------------------------------------


def test_every_relation_is_known_to_athena_under_its_name() -> None:
    found = created(converted_tables("ecr", "s3://bucket/x/", PLAIN))
    names = {name.split()[1] for name in found}
    assert {*RELATIONS, *VIEWS} <= names
    assert {"VIEW actors", "VIEW registry_events", "VIEW called", "TABLE events"} <= set(found)


def test_the_columns_are_those_of_the_files() -> None:
    for name, tree in created(converted_tables("ecr", "s3://bucket/x/", PLAIN)).items():
        if not name.startswith("TABLE "):
            continue
        relation = name.split()[1].replace("actors_of_days", "actors")
        [schema] = (
            tree.find_all(exp.Schema) if relation not in ("events", "actors") else [tree.this]
        )
        declared = [column.name for column in schema.expressions]
        assert declared[: len(columns_of(relation))] == [n for n, _ in columns_of(relation)]
        assert "account" not in declared or relation not in ("events", "actors")


def test_partitions_are_projected() -> None:
    sql = next(s for s in converted_tables("ecr", "s3://bucket/x/", PLAIN) if "`events`" in s)
    assert parsed_properties(sql) == {
        "projection.enabled": "true",
        "projection.account.type": "enum",
        "projection.account.values": "111122223333",
        "projection.region.type": "enum",
        "projection.region.values": "us-east-1,eu-west-1",
        "projection.date.type": "date",
        "projection.date.format": "yyyy-MM-dd",
        "projection.date.range": "2026-01-01,NOW",
        "projection.date.interval": "1",
        "projection.date.interval.unit": "DAYS",
        "storage.location.template": "s3://bucket/x/events/account=${account}/region=${region}"
        "/date=${date}/",
    }


# --- a trail -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "organization_id", "template"),
    [
        ("s3://bucket", None, "s3://bucket/AWSLogs/"),
        ("s3://bucket/AWSLogs/", None, "s3://bucket/AWSLogs/"),
        ("s3://bucket/a/b", None, "s3://bucket/a/b/AWSLogs/"),
        ("s3://bucket/a", "o-abcde12345", "s3://bucket/a/AWSLogs/o-abcde12345/"),
        ("s3://bucket/AWSLogs/o-abcde12345", None, "s3://bucket/AWSLogs/o-abcde12345/"),
    ],
)
def test_a_trail_lies_where_cloudtrail_puts_it(
    address: str, organization_id: str | None, template: str
) -> None:
    projection = Projection(SINCE, date(2026, 3, 31))
    _, table, _ = trail_tables("ecr", address, projection, organization_id)
    found = parsed_properties(table)
    assert found["storage.location.template"] == (
        f"{template}${{account}}/CloudTrail/${{region}}/${{date}}/"
    )
    assert found["projection.date.range"] == "2026/01/01,2026/03/31"
    assert found["projection.account.type"] == found["projection.region.type"] == "injected"
    assert f"LOCATION '{template}'" in table


def test_all_statements_are_read_by_hive_and_trino() -> None:
    statements = [
        *converted_tables("ecr", "s3://bucket/x/", PLAIN),
        *trail_tables("ecr", "s3://bucket/", PLAIN, "o-abcde12345"),
    ]
    for sql in statements:
        for dialect in ("hive", "athena"):
            assert isinstance(sqlglot.parse_one(sql, read=dialect), exp.Create)
        view = " VIEW " in sql
        found = validate(sql, jinja="reject", dialect="trino" if view else "hive")
        # Its Hive knows no struct with names; sqlglot's does.
        assert found.valid or "struct<" in sql
        if view:
            assert found.warnings == ()


def test_the_view_of_a_trail_has_the_columns_of_events() -> None:
    [select] = sqlglot.parse(events_of_trail("trail"), read="athena")
    assert isinstance(select, exp.Select)
    names = [name for name, _ in columns_of("events")]
    assert select.named_selects == [*names, "source_file", "account", "region", "date"]


def test_names_and_types_of_the_view_fit_as_trino_wants_them() -> None:
    columns = [*COLUMNS, *((name, "string") for name in ("account", "region", "date", "path"))]
    table = {}
    for name, kind in columns:
        declared = sqlglot.parse_one(f"CREATE TABLE t (c {kind})", read="hive").find(exp.ColumnDef)
        assert declared is not None
        assert declared.kind is not None
        table[name] = declared.kind.sql("trino")
    # A hidden column; and a function whose type sqlglot does not know.
    view = events_of_trail("trail").replace('"$path"', "path")
    view = view.replace("element_at(t.resources, 1)", "t.resources[1]")
    assert problems(view, {"trail": table}) == []


# --- values that bite ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "bucket/prefix",
        "s3://",
        "s3://Bucket/x/",
        "s3://bucket/it's/",
        "s3://bucket/x'); DROP TABLE events; --/",
        "s3://bucket/back\\slash/",
        "s3://bucket/${account}/",
        "s3://bucket/*/",
        "s3://bucket/a//b/",
        "s3://bucket/new\nline/",
        "s3://bucket/é/",
    ],
)
def test_a_place_that_would_need_an_escape_is_refused(address: str) -> None:
    with pytest.raises(WrongUsage, match=r"s3://"):
        location(address)


@pytest.mark.parametrize("name", ["", "Ecr", "1ecr", "e`r", 'e"r', "e r", "e;r", "x" * 129])
def test_a_name_that_would_need_quotes_is_refused(name: str) -> None:
    with pytest.raises(WrongUsage, match="--database"):
        table_name(name)


@pytest.mark.parametrize(
    ("accounts", "regions", "said"),
    [
        ("11112222333", None, "an account id has 12 digits"),
        ("111122223333,' OR 1", None, "an account id has 12 digits"),
        (
            "\uff11\uff11\uff11\uff11\uff12\uff12\uff12\uff12\uff13\uff13\uff13\uff13",
            None,
            "12 digits",
        ),
        (None, "eu-west-1,x'", "no name of a region"),
        (None, "EU-WEST-1", "no name of a region"),
    ],
)
def test_what_is_no_account_or_region_is_refused(
    accounts: str | None, regions: str | None, said: str
) -> None:
    with pytest.raises(WrongUsage, match=said):
        projection_of(SINCE, None, accounts, regions)


def test_an_empty_span_and_a_false_organisation_are_refused() -> None:
    with pytest.raises(WrongUsage, match="is before --since"):
        projection_of(SINCE, date(2025, 12, 31), None, None)
    for name in ("o-short", "abcde12345", "o-abcde12345'"):
        with pytest.raises(WrongUsage, match="--organization"):
            organization(name)
    with pytest.raises(WrongUsage, match="--organization"):
        trail_tables("ecr", "s3://bucket/AWSLogs/o-x/", PLAIN)


def test_nothing_that_is_printed_needs_an_escape() -> None:
    for sql in converted_tables("ecr", location("s3://bucket/a b/c=d/"), PLAIN):
        if " VIEW " not in sql:
            assert not re.search(r"\\|''", sql)
