"""Tables of events: Athena, CloudTrail Lake, Sentinel, hand-made and resaved CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.case import open_case
from queries.envelopes.columns import build_record, canonical
from queries.envelopes.struct_text import parse_struct
from tests.evidence_files import ACCOUNT, API, shared, write
from tests.queries.envelopes.reading import (
    CI,
    REPOSITORY,
    Fields,
    events_delivered,
    events_in,
    events_of,
    events_of_three,
    lines,
    read,
    rows,
    said,
    struct,
    table,
    three,
)

NOTHING = (None, "")


def cells(record: Fields, header: list[str]) -> list[str]:
    """A record's members as cells, objects as JSON."""
    found = []
    for name in header:
        value: Any = record
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        text = value if isinstance(value, str) else json.dumps(value)
        found.append("" if value is None else text)
    return found


def athena(records: list[Fields], **form: str) -> str:
    """`SELECT *` of the table that AWS's guide defines, as Athena prints it."""
    header = [
        *("eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion"),
        *("sourceIPAddress", "userAgent", "errorCode", "errorMessage", "requestParameters"),
        *("responseElements", "eventID", "readOnly", "resources", "eventType"),
        *("recipientAccountId", "sharedEventID", "eventCategory"),
    ]
    printed = []
    for record in records:
        row = cells(record, header)
        row[header.index("userIdentity")] = struct(record["userIdentity"], small=True)
        row[header.index("resources")] = struct(record.get("resources", []), small=True)
        printed.append(row)
    return table([name.lower() for name in header], printed, **form)


def totals(text: str | bytes, tmp_path: Path, name: str = "export.csv") -> dict[str, Any]:
    write(tmp_path, {name: text if isinstance(text, bytes) else text.encode()})
    with open_case([str(tmp_path / name)], use_cache=False) as case:
        return case.totals


def one_push(found: dict[str, Any], repository: str = API, pusher: str = CI) -> None:
    assert found["pushes"] == found["put_image"] == 1
    assert found["repositories"] == [repository]
    assert found["pushers"] == [pusher]


# --- whole tables --------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_athena_result_has_the_rows_of_the_trail(
    delimiter: str, end: str, encoding: str
) -> None:
    text = athena(three(), delimiter=delimiter, end=end)
    records, facts = read(text.encode(encoding))
    assert facts.status == "read"
    assert [note for note in facts.notes() if "UTF-16" not in note] == []
    assert events_in(text.encode(encoding), "t.csv") == events_of_three()
    assert not any(record.lossy for record in records)


def test_athena_rows_as_json_are_read_alike() -> None:
    grid = [line.cells for line in _grid(athena(three()))]
    answer = {
        "ResultSet": {
            "Rows": [
                {"Data": [{"VarCharValue": cell} if cell else {} for cell in row]} for row in grid
            ],
            "ResultSetMetadata": {"ColumnInfo": [{"Name": name} for name in grid[0]]},
        }
    }
    assert rows(read(json.dumps(answer))[0]) == rows(read(athena(three()))[0])


def _grid(text: str) -> Any:
    from queries.envelopes.csv_rows import Lines

    return list(Lines(iter((text,))).rows(","))


def test_side_files_of_athena_and_lake_are_skipped_with_a_sentence() -> None:
    _, facts = read(b"\n$binary\x00\xff", "result.csv.metadata")
    assert facts.status == "skipped"
    assert "no events" in said(facts)
    sign = {"files": [], "hashSignature": "0", "publicKeyFingerprint": "0", "region": "us-east-1"}
    _, facts = read(json.dumps(sign), "result_sign.json")
    assert facts.status == "skipped"
    assert "no events" in said(facts)


@pytest.mark.parametrize("name", ["athena_result.csv", "lake", "security_lake"])
def test_tables_beside_the_checkout_agree_with_the_trail_in_all_they_say(name: str) -> None:
    other = events_of(shared("cases", "formats", name))
    by_id = {row["event_id"]: row for row in events_delivered()}
    assert len(other) == len(by_id)
    for row in other:
        for column, value in row.items():
            assert value in (None, by_id[row["event_id"]][column]), column


def test_the_raw_text_of_a_row_is_the_header_and_the_row() -> None:
    text = athena(three())
    second = read(text)[0][1].text
    header, row = second.split("\n")
    assert text.startswith(header + "\n")
    assert f"\n{row}\n" in text


# --- CloudTrail Lake -----------------------------------------------------------------------------


def test_lake_columns_are_read_by_their_names(tmp_path: Path) -> None:
    answer = {"QueryStatus": "FINISHED", "QueryResultRows": []}
    for record in three():
        asked = {
            name: value
            for name, value in (record["requestParameters"] or {}).items()
            if name != "imageManifest"
        }
        response = record["responseElements"]
        row = {
            "eventID": record["eventID"],
            "eventTime": record["eventTime"].replace("T", " ").replace("Z", ".000"),
            "eventSource": record["eventSource"],
            "eventName": record["eventName"],
            "awsRegion": record["awsRegion"],
            "userIdentity": struct(record["userIdentity"], small=True),
            "requestParameters": struct(asked) if asked else "",
            "responseElements": "{image=" + json.dumps(response["image"]) + "}" if response else "",
            "errorCode": "",
        }
        answer["QueryResultRows"].append([{name: value} for name, value in row.items()])  # type: ignore[attr-defined]
    found = totals(json.dumps(answer), tmp_path, "lake.json")
    one_push(found)
    assert found["events"] == 3


# --- Sentinel ------------------------------------------------------------------------------------

_SENTINEL = {
    "TimeGenerated": "eventTime",
    "AwsEventId": "eventID",
    "EventName": "eventName",
    "EventSource": "eventSource",
    "EventTypeName": "eventType",
    "AWSRegion": "awsRegion",
    "SourceIpAddress": "sourceIPAddress",
    "UserAgent": "userAgent",
    "ErrorCode": "errorCode",
    "UserIdentityType": "userIdentity.type",
    "UserIdentityArn": "userIdentity.arn",
    "UserIdentityPrincipalid": "userIdentity.principalId",
    "UserIdentityAccountId": "userIdentity.accountId",
    "UserIdentityAccessKeyId": "userIdentity.accessKeyId",
    "SessionIssuerArn": "userIdentity.sessionContext.sessionIssuer.arn",
    "SessionIssuerUserName": "userIdentity.sessionContext.sessionIssuer.userName",
    "SessionCreationDate": "userIdentity.sessionContext.attributes.creationDate",
    "SessionMfaAuthenticated": "userIdentity.sessionContext.attributes.mfaAuthenticated",
    "RequestParameters": "requestParameters",
    "ResponseElements": "responseElements",
    "RecipientAccountId": "recipientAccountId",
    "ReadOnly": "readOnly",
    "Category": "eventCategory",
}


def _sentinel(record: Fields) -> dict[str, Any]:
    header = list(_SENTINEL)
    row = dict(zip(header, cells(record, list(_SENTINEL.values())), strict=True))
    return {**row, "TenantId": "t", "Type": "AWSCloudTrail", "SourceSystem": "OpsManager"}


def _as_tables(found: list[dict[str, Any]]) -> str:
    columns = [{"name": name, "type": "string"} for name in found[0]]
    body = {"name": "PrimaryResult", "columns": columns, "rows": [list(r.values()) for r in found]}
    return json.dumps({"tables": [body]})


@pytest.mark.parametrize(
    "form",
    [
        json.dumps,
        lines,
        _as_tables,
        lambda found: table(list(found[0]), [r.values() for r in found]),
    ],
    ids=["array", "lines", "tables", "csv"],
)
def test_sentinel_keeps_nearly_everything(form: Any) -> None:
    found = [_sentinel(record) for record in three()]
    assert "TimeGenerated" in said(read(form(found))[1])
    assert without_resources(events_in(form(found))) == without_resources(events_of_three())


def without_resources(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{n: v for n, v in event.items() if n != "resource_arn"} for event in events]


def test_a_custom_log_has_the_type_of_each_column_in_its_name(tmp_path: Path) -> None:
    found = [
        {f"{name}_s": v if isinstance(v, str) else json.dumps(v) for name, v in each.items() if v}
        | {"TimeGenerated": each["eventTime"], "readOnly_b": each["readOnly"], "Type": "AWS_CL"}
        for each in three()
    ]
    one_push(totals(json.dumps(found), tmp_path))


def test_sentinels_portal_says_the_zone_in_the_header(tmp_path: Path) -> None:
    row = _sentinel(three()[1])
    row = {"TimeGenerated [UTC]": "3/2/2026, 10:05:00.000 AM", **row}
    del row["TimeGenerated"]
    found = totals(table(list(row), [list(row.values())]), tmp_path)
    one_push(found)
    assert found["window"]["first"] == "2026-03-02T10:05:00Z"


# --- Event history -------------------------------------------------------------------------------

_HISTORY = (
    "Event name,Event time,User name,Event source,Resource type,Resource name,AWS access key,"
    "AWS region,Error code,Source IP address,Request ID,Event ID,Read-only\n"
)
_HISTORY_PUSH = (
    "PutImage,{time},build-4711,ecr.amazonaws.com,AWS::ECR::Repository,{name},ASIAEXAMPLE,"
    "us-east-1,,198.51.100.20,1,{id},false\n"
)


@pytest.mark.parametrize(
    ("name", "repository"),
    [("team/api", "?/us-east-1/team/api"), (REPOSITORY, API)],
)
def test_event_history_csv_is_a_summary_and_says_so(
    name: str, repository: str, tmp_path: Path
) -> None:
    text = _HISTORY + _HISTORY_PUSH.format(time="2026-03-02 10:05:00", name=name, id="e1")
    one_push(totals(text, tmp_path), repository, "build-4711")
    records, facts = read(text)
    assert "summary export: push details not included, use JSON" in said(facts)
    assert [record.lossy for record in records] == [True]
    shouted = text.replace(_HISTORY, _HISTORY.upper())
    one_push(totals(shouted, tmp_path), repository, "build-4711")


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2026-03-02T10:05:00Z", "2026-03-02T10:05:00Z"),
        ("2026-03-02T11:05:00+01:00", "2026-03-02T10:05:00Z"),
        ('"March 02, 2026, 11:05:00 (UTC+01:00)"', "2026-03-02T10:05:00Z"),
    ],
)
def test_times_of_the_console_are_understood(time: str, utc: str) -> None:
    [record] = read(_HISTORY + _HISTORY_PUSH.format(time=time, name="team/api", id="e1"))[0]
    assert rows([record])[0]["eventTime"] == utc


def test_lookup_events_without_the_records_is_a_summary_too() -> None:
    row = {
        "EventId": "e1",
        "EventName": "PutImage",
        "EventTime": 1772445900.0,
        "EventSource": "ecr.amazonaws.com",
        "Username": "build-4711",
        "Resources": [{"ResourceType": "AWS::ECR::Repository", "ResourceName": "team/api"}],
    }
    [record], facts = read(json.dumps([row]))
    assert record.fields["requestParameters"] == {"repositoryName": "team/api"}
    assert record.fields["userIdentity"]["userName"] == "build-4711"
    assert facts.format == "Event history summary"


# --- by hand -------------------------------------------------------------------------------------

_FLAT = {
    "eventTime": "eventTime",
    "eventName": "eventName",
    "eventSource": "eventSource",
    "awsRegion": "awsRegion",
    "userIdentity.arn": "userIdentity.arn",
    "sourceIPAddress": "sourceIPAddress",
    "requestParameters.repositoryName": "requestParameters.repositoryName",
    "requestParameters.imageTag": "requestParameters.imageTag",
    "responseElements.image.imageId.imageDigest": "responseElements.image.imageId.imageDigest",
    "eventID": "eventID",
    "errorCode": "errorCode",
}


@pytest.mark.parametrize(
    "spelt",
    [
        str,
        str.lower,
        str.upper,
        lambda name: name.replace(".", "_").lower(),
        lambda name: "".join(f"_{c.lower()}" if c.isupper() else c for c in name),
        lambda name: name.replace(".", " "),
        lambda name: f" {name} ",
    ],
)
def test_a_flat_table_is_read_in_any_spelling(spelt: Any, tmp_path: Path) -> None:
    text = table(
        [spelt(name) for name in _FLAT],
        [cells(record, list(_FLAT.values())) for record in three()],
    )
    found = totals(text, tmp_path)
    one_push(found)
    assert found["images"] == 1
    assert read(text)[1].notes() == []


def test_a_flat_table_with_short_names_is_read(tmp_path: Path) -> None:
    text = (
        "time,eventname,eventsource,region,user,repository,tag,digest,account\n"
        f"2026-03-02 10:05:00,PutImage,ecr.amazonaws.com,us-east-1,{CI},team/api,1,sha256:ab,"
        f"{ACCOUNT}\n"
    )
    one_push(totals(text, tmp_path))


@pytest.mark.parametrize("word", ["success", "nan", "None", "NULL", "-"])
def test_a_word_for_nothing_is_no_error_but_may_be_a_tag(word: str) -> None:
    header = ["eventName", "eventSource", "eventTime", "errorCode", "requestParameters.imageTag"]
    cells = ["PutImage", "ecr.amazonaws.com", "2026-03-02T10:05:00Z", word, word]
    [row] = rows(read(table(header, [cells]))[0])
    assert "errorCode" not in row
    assert row["requestParameters"]["imageTag"] == word


def test_what_a_table_has_no_column_for_is_said() -> None:
    text = "eventTime,eventName,eventSource,awsRegion\n2026-03-02T10:05:00Z,PutImage,e,us-east-1\n"
    [record], facts = read(text)
    assert record.fields["userIdentity"] == {"userName": "(not in this source)"}
    assert record.lossy
    for what in ("requestParameters", "column for the user", "eventID", "errorCode"):
        assert what in said(facts)


def test_json_rows_with_small_letters_are_rows_of_a_table() -> None:
    row = {name.lower(): value for name, value in three()[1].items()}
    row["useridentity"] = struct(row["useridentity"], small=True)
    assert rows(read(lines([row]))[0])[0]["userIdentity"] == three()[1]["userIdentity"]
    with_names = {**three()[1], "userIdentity": struct(three()[1]["userIdentity"])}
    assert rows(read(lines([with_names]))[0])[0]["userIdentity"] == three()[1]["userIdentity"]
    spread = {name: value for name, value in three()[1].items() if name != "userIdentity"}
    spread["userIdentity.arn"] = CI
    assert rows(read(lines([spread]))[0])[0]["userIdentity"]["arn"] == CI


def test_a_notice_of_s3_is_no_row_of_a_table() -> None:
    notice = {"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}
    assert read(json.dumps({"Records": [{**notice, "awsRegion": "us-east-1", "s3": {}}]}))[0] == []


@pytest.mark.parametrize(
    "text",
    [
        "name,age,town\nann,1,x\n",
        "date;amount;eventType\n1;2;3\n",
        "eventTime,eventType,subject\n1,2,3\n",
    ],
)
def test_another_table_is_refused_by_its_header(text: str) -> None:
    records, facts = read(text)
    assert records == []
    assert facts.status == "skipped"
    assert "without CloudTrail columns" in said(facts)


# --- broken tables -------------------------------------------------------------------------------


def test_ragged_rows_are_read_and_noted() -> None:
    head, first, second, third = athena(three()).splitlines()
    records, facts = read("\n".join([head, first, f"{second},more", third[: third.rfind(",")], ""]))
    assert len(records) == 3
    assert "a row has more cells than the header" in said(facts)
    assert "a row has fewer cells than the header" in said(facts)


def test_an_open_quote_costs_its_own_row_only() -> None:
    head, first, second, third = athena(three()).splitlines()
    records, facts = read("\n".join([head, first, second[:80], third, ""]))
    assert [record.fields["eventName"] for record in records] == [
        "GetAuthorizationToken",
        "DescribeImages",
    ]
    assert facts.status == "damaged"
    assert "a quote is opened and not closed" in said(facts)


def test_cells_with_newlines_and_quotes_are_whole() -> None:
    found = three()
    found[0]["userAgent"] = 'a "quoted",\nthing\r\nwith, commas'
    records, facts = read(athena(found))
    assert facts.notes() == []
    assert records[0].fields["userAgent"] == found[0]["userAgent"]
    assert len(records) == 3


def test_a_header_repeated_within_is_no_row_and_blank_lines_are_none() -> None:
    text = athena(three())
    records, facts = read(text + "\n\n" + text)
    assert len(records) == 6
    assert facts.status == "read"


# --- resaved by a spreadsheet --------------------------------------------------------------------

_RESAVED = (
    "\ufeffeventTime;eventName;eventSource;awsRegion;userIdentity.arn;userIdentity.accountId;"
    "recipientAccountId;requestParameters;errorCode;eventID\r\n"
)


def _resaved(time: str, **changed: str) -> str:
    asked = json.dumps({"repositoryName": "team/api", "imageTag": "1"}).replace('"', '""')
    row = {
        "time": time,
        "name": "PutImage",
        "source": "ecr.amazonaws.com",
        "region": "us-east-1",
        "arn": CI,
        "account": "1,11122E+11",
        "recipient": "1.11122E+11",
        "asked": f'"{asked}"',
        "error": "",
        "id": "e1",
    } | changed
    return ";".join(row.values()) + "\r\n"


def test_an_account_that_became_a_number_is_taken_from_the_arn(tmp_path: Path) -> None:
    text = _RESAVED + _resaved("02.03.2026 10:05")
    one_push(totals(text, tmp_path))
    assert "became a number such as 1.11122E+11" in said(read(text)[1])


@pytest.mark.parametrize(
    ("cell", "account"), [("11122223333", "011122223333"), ("111122223333.0", ACCOUNT)]
)
def test_zeros_and_decimals_of_an_account_are_mended(cell: str, account: str) -> None:
    [record], _ = read(_RESAVED + _resaved("2026-03-02T10:05:00Z", recipient=cell))
    assert record.fields["recipientAccountId"] == account


@pytest.mark.parametrize(
    ("times", "utc", "doubt"),
    [
        (["02.03.2026 10:05"], "2026-03-02T10:05:00Z", True),
        (["02/03/2026 10:05", "25/03/2026 10:05"], "2026-03-02T10:05:00Z", False),
        (["3/2/2026 10:05:00 AM", "3/25/2026 10:05:00 PM"], "2026-03-02T10:05:00Z", False),
        (["03/03/2026 10:05"], "2026-03-03T10:05:00Z", False),
        (["2026-03-02 10:05:00"], "2026-03-02T10:05:00Z", False),
        (["46083,4201388889"], "2026-03-02T10:05:00Z", False),
    ],
)
def test_times_of_a_spreadsheet_are_read_and_doubt_is_said(
    times: list[str], utc: str, doubt: bool
) -> None:
    text = _RESAVED + "".join(_resaved(time, id=f"e{n}") for n, time in enumerate(times))
    records, facts = read(text)
    assert rows(records)[0]["eventTime"] == utc
    assert ("can be read two ways" in said(facts)) is doubt


def test_a_cut_cell_is_said_and_its_whole_members_are_kept(tmp_path: Path) -> None:
    asked = json.dumps(
        {"repositoryName": "team/api", "imageTag": "1", "imageManifest": "x" * 40000}
    )
    cell = '"' + asked[:32767].replace('"', '""') + '"'
    text = _RESAVED + _resaved("2026-03-02T10:05:00Z", asked=cell)
    one_push(totals(text, tmp_path))
    assert "cut at 32,767 characters" in said(read(text)[1])


# --- text of structs -----------------------------------------------------------------------------

_WORD = st.text("abcXYZ019:/@.-+", min_size=1, max_size=10).filter(lambda text: text != "null")
_STRUCT = st.recursive(
    st.none() | _WORD,
    lambda inner: (
        st.dictionaries(_WORD.filter(lambda key: key.strip() == key), inner, max_size=3)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(_WORD, _STRUCT, min_size=1, max_size=4))
def test_a_printed_struct_comes_back(value: dict[str, Any]) -> None:
    assert parse_struct(struct(value)) == value


@given(st.text('{}[]=, "a:1', max_size=40))
def test_a_text_that_is_no_struct_is_none_and_never_raises(text: str) -> None:
    assert parse_struct(text) is None or isinstance(parse_struct(text), dict | list)


@pytest.mark.parametrize("text", ["[}", "[{a=b}}", "[a}", "{a=[}", "[ ,, }", "[" * 100_000 + "{a"])
def test_brackets_that_close_nothing_end_the_attempt(text: str) -> None:
    assert parse_struct(text) is None
    record = build_record({"eventName": "x", "requestParameters": text})
    assert record["requestParameters"] == text


def test_deep_structs_and_json_within_are_bounded() -> None:
    assert parse_struct("{a=" * 5000 + "b" + "}" * 5000) is None
    assert parse_struct('{image={"a": {"b": 1}}, x=y}') == {"image": {"a": {"b": 1}}, "x": "y"}
    manifest = '{"schemaVersion": 2,  "layers": []}'
    assert parse_struct("{imageManifest=" + manifest + ", imageTag=1}") == {
        "imageManifest": manifest,
        "imageTag": "1",
    }


def test_names_are_their_letters() -> None:
    assert {
        canonical(n) for n in ("userIdentity.arn", "USER_IDENTITY_ARN", "User identity ARN")
    } == {"useridentityarn"}
    assert build_record({"principal": "dana"})["userIdentity"] == {"userName": "dana"}


def test_counts_are_not_events() -> None:
    records, facts = read("eventSource,eventName,apiCount\ns3.amazonaws.com,PutObject,96059\n")
    assert records == []
    assert "a count or a list, not events" in said(facts)
    answer = {"QueryStatus": "FINISHED", "QueryResultRows": [[{"principalid": "x"}, {"n": "1"}]]}
    assert "without the columns of an event" in said(read(json.dumps(answer))[1])


@pytest.mark.parametrize(
    "form",
    [
        lambda cell, n: cell,
        lambda cell, n: ("_col0\n" if n == 0 else "") + cell,
        lambda cell, n: ("id;record;note\n" if n == 0 else "") + f"{n};{cell};x",
    ],
)
def test_records_in_cells_of_json_are_found_below_any_header_or_none(form: Any) -> None:
    records = three()
    text = "\n".join(
        form('"' + json.dumps(record, indent=1).replace('"', '""') + '"', number)
        for number, record in enumerate(records)
    )
    found, facts = read(text)
    assert [record.fields for record in found] == records
    assert ("not read" in str(facts.notes())) is (";" in text.split("{")[0])


def test_the_record_beside_columns_made_of_it_is_what_counts() -> None:
    rows_of_steampipe = [
        {
            "event_id": record["eventID"],
            "event_name": record["eventName"],
            "event_time": record["eventTime"],
            "username": "somebody",
            "cloud_trail_event": record if number else json.dumps(record),
        }
        for number, record in enumerate(three())
    ]
    found, _ = read(json.dumps(rows_of_steampipe))
    assert [record.fields for record in found] == three()
