"""Tables whose cells hold objects as Python, DuckDB and PowerShell print them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.case import open_case
from queries.envelopes.columns import build_record
from queries.envelopes.printed_text import parse_printed
from tests.evidence_files import API, trail, write
from tests.queries.envelopes.reading import (
    CI,
    REPOSITORY,
    Fields,
    lines,
    read,
    rows,
    said,
    table,
    three,
)


def _columns(records: list[Fields]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record))


def printed(records: list[Fields], form: Callable[[Any], str], nothing: str = "") -> str:
    """A column for each member; objects in a form, and `nothing` where there is none."""
    names = _columns(records)
    cells = [
        [
            nothing
            if (value := record.get(name)) is None
            else form(value)
            if isinstance(value, dict | list)
            else str(value)
            for name in names
        ]
        for record in records
    ]
    return table(names, cells)


def _normalised(records: list[Fields]) -> str:
    """What pandas' json_normalize makes: a column for each member however deep, lists printed."""

    def spread(value: Fields, before: str = "") -> Fields:
        found: Fields = {}
        for name, member in value.items():
            if isinstance(member, dict) and member:
                found |= spread(member, f"{before}{name}.")
            else:
                found[before + name] = member
        return found

    flat = [spread(record) for record in records]
    names = _columns(flat)
    return table(
        names, [["" if row.get(name) is None else str(row[name]) for name in names] for row in flat]
    )


def _powershell(value: Any) -> str:
    """What Export-Csv makes of ConvertFrom-Json: an object within an object is left empty."""
    if isinstance(value, list):
        return "System.Object[]"
    inner = ("" if isinstance(member, dict | list) else member for member in value.values())
    return "@{" + "; ".join(f"{name}={text}" for name, text in zip(value, inner, strict=True)) + "}"


def _push(text: str, tmp_path: Path) -> list[str]:
    """What there is to say of a table of the three events, one of which is a push."""
    write(tmp_path, {"export.csv": text.encode()})
    with open_case([str(tmp_path / "export.csv")], use_cache=False) as case:
        found = case.totals
        assert found["pushes"] == found["put_image"] == 1
        assert found["failed_pushes"] == 0
        assert found["repositories"] == [API]
        assert found["pushers"] == [CI]
    return said(read(text)[1]).splitlines()


def _told(rows: list[Fields]) -> list[Fields]:
    """Without members that are null, which a table leaves out."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without(each) for name, each in value.items() if each is not None}
        return [without(each) for each in value] if isinstance(value, list) else value

    return [without(row) for row in rows]


def test_a_data_frame_written_to_csv_has_the_rows_of_the_trail(tmp_path: Path) -> None:
    text = printed(three(), repr)
    _push(text, tmp_path)
    got, plain = _told(rows(read(text)[0])), _told(rows(read(trail(three()))[0]))
    for row, wanted in zip(got, plain, strict=True):
        assert row == wanted | {"readOnly": str(wanted["readOnly"])}


def test_duckdbs_copy_of_a_trail_to_csv_has_its_identities_and_digests(tmp_path: Path) -> None:
    write(tmp_path, {"trail.json": trail(three())})
    duckdb.sql(
        f"COPY (SELECT unnest(r) FROM (SELECT unnest(Records) AS r FROM"
        f" read_json('{tmp_path / 'trail.json'}'))) TO '{tmp_path / 'out.csv'}'"
    )
    text = (tmp_path / "out.csv").read_text()
    assert "'principalId': " in text, "DuckDB still prints structs so"
    _push(text, tmp_path)
    [push] = [row for row in rows(read(text)[0]) if row["eventName"] == "PutImage"]
    assert push["responseElements"]["image"] == three()[1]["responseElements"]["image"]


def test_powershells_export_is_read_as_far_as_it_goes_and_says_how_far(tmp_path: Path) -> None:
    assert "PowerShell prints only" in str(_push(printed(three(), _powershell), tmp_path))


def test_lists_in_the_cells_of_a_normalised_frame_are_lists() -> None:
    record = three()[2] | {
        "eventName": "RegisterTaskDefinition",
        "eventSource": "ecs.amazonaws.com",
        "requestParameters": {"family": "web", "containerDefinitions": [{"image": "it's"}]},
    }
    [row] = rows(read(_normalised([record]))[0])
    assert row["requestParameters"] == record["requestParameters"]
    [row] = rows(read(_normalised([three()[1]]))[0])
    assert row["requestParameters"] == three()[1]["requestParameters"], "a manifest is a text"


@pytest.mark.parametrize("nothing", ["\\N", "[NULL]", "<null>", "NaN", "None"])
def test_a_databases_word_for_nothing_is_no_error_code(nothing: str, tmp_path: Path) -> None:
    failed = three()[1] | {"errorCode": "AccessDenied", "eventID": "f", "responseElements": None}
    text = printed([*three(), failed], json.dumps, nothing)
    write(tmp_path, {"export.csv": text.encode()})
    with open_case([str(tmp_path / "export.csv")], use_cache=False) as case:
        assert (case.totals["put_image"], case.totals["failed_pushes"]) == (1, 1)


@pytest.mark.parametrize("who", ["userIdentity", "user", "arn"])
def test_members_picked_out_by_hand_are_a_table_also_as_json_lines(
    who: str, tmp_path: Path
) -> None:
    chosen = [
        {
            **{name: each[name] for name in ("eventTime", "eventName", "eventSource", "awsRegion")},
            **{name: each[name] for name in ("eventID", "recipientAccountId")},
            who: each["userIdentity"]["arn"],
            "repositoryName": (each["requestParameters"] or {}).get("repositoryName"),
        }
        for each in three()
    ]
    _push(lines(chosen), tmp_path)


@pytest.mark.parametrize("sign", [".", "_", "/"])
def test_an_identity_spread_over_the_members_of_a_json_line_is_put_together(sign: str) -> None:
    row = {name: value for name, value in three()[2].items() if name != "userIdentity"}
    row |= {f"userIdentity{sign}arn": CI, f"userIdentity{sign}type": "AssumedRole"}
    [found] = rows(read(json.dumps(row))[0])
    assert (found["userIdentity"]["arn"], found["userIdentity"]["type"]) == (CI, "AssumedRole")


def test_resources_picked_out_by_their_names_say_the_repository(tmp_path: Path) -> None:
    denied = three()[1] | {"errorCode": "AccessDenied", "responseElements": None}
    row = denied | {"requestParameters": None, "resources": f"arn:aws:kms:a:1:key/1, {REPOSITORY}"}
    text = printed([row], json.dumps)
    write(tmp_path, {"export.csv": text.encode()})
    with open_case([str(tmp_path / "export.csv")], use_cache=False) as case:
        assert case.totals["repositories"] == [API]
    assert "no object" not in said(read(text)[1])


def test_a_cell_that_cannot_be_read_as_an_object_is_said() -> None:
    cell = "{'type': 'AssumedRole', 'arn':"
    text = printed([three()[0]], lambda value: cell)
    assert "a cell of userIdentity is no object" in said(read(text)[1])


_VALUE = st.recursive(
    st.none() | st.booleans() | st.text(max_size=12),
    lambda inner: st.dictionaries(st.text(max_size=6), inner) | st.lists(inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=6), _VALUE, min_size=1, max_size=4))
def test_what_python_prints_comes_back(value: dict[str, Any]) -> None:
    assert parse_printed(repr(value)) == value


@given(st.text("{}[]()'\":, =;@aN1\\", max_size=60))
def test_a_text_in_no_such_form_never_raises(text: str) -> None:
    assert parse_printed(text) is None or isinstance(parse_printed(text), dict | list)
    build_record({"eventName": "x", "userIdentity": text, "requestParameters": text})


def test_depth_and_length_are_bounded() -> None:
    assert parse_printed("{'a': " * 5000 + "1" + "}" * 5000) is None
    long = "x" * 2_000_000
    assert parse_printed(repr({"imageManifest": long})) == {"imageManifest": long}
    assert parse_printed("{'a': '" + "\\'" * 500_000) is None
    assert parse_printed("@{" + "a" * 100_000) is None
