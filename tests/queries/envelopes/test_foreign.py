"""What is not CloudTrail is named in one sentence, and nothing makes a reader raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.index.clean import clean_record
from tests.queries.envelopes.reading import read, said, three

UDM = {"metadata": {"eventType": "USER_RESOURCE_CREATION"}, "principal": {}, "target": {}}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ([{"schemaVersion": "2.0", "service": {}, "resource": {}}], "GuardDuty"),
        (UDM, "Chronicle UDM"),
        ({"events": [{"udm": UDM}]}, "Chronicle UDM"),
        ({"events": [{"event": UDM}]}, "Chronicle UDM"),
        ({"detail-type": "ECS Task State Change", "source": "aws.ecs", "detail": {}}, "ECS Task"),
        ({"protoPayload": {}}, "no audit log"),
        ({"operationName": {"value": "x"}, "resourceId": "none"}, "an Azure log"),
        ({"eventType": "x", "eventTime": "x", "topic": "x", "data": {}}, "Event Grid"),
        ({"awslogs": {"data": "x"}}, "not base64"),
        ({"Records": [{"s3": {}, "eventSource": "aws:s3", "eventName": "x"}]}, "S3 notification"),
        ({"Type": "Notification", "MessageId": "1", "Message": "hi"}, "SNS notification"),
        ({"events": [{"timestamp": 1, "message": "2 1 eni-1 ACCEPT"}]}, "no JSON"),
        ({"Findings": [{"SchemaVersion": "2.0", "Service": {}, "Resource": {}}]}, "GuardDuty"),
        ({"hello": "world"}, "hello"),
        (
            {"EventPattern": json.dumps({"detail": {"eventSource": ["x"], "eventName": ["y"]}})},
            "EventPattern",
        ),
        (
            {"rule": {"detail": {"eventSource": "ecr.amazonaws.com", "eventName": "PutImage"}}},
            "rule",
        ),
    ],
)
def test_other_json_is_named(value: Any, what: str) -> None:
    records, facts = read(json.dumps(value))
    assert records == []
    assert facts.status == "skipped"
    assert what in said(facts)


_BUCKET = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 42 1 2 ACCEPT OK\n",
         "VPC flow log"),
        ("version account-id interface-id srcaddr dstaddr\n2 1 eni-1\n", "VPC flow log"),
        (f"{_BUCKET} bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 -\n", "S3 access log"),
        ("https 2018-07-02T22:23:00.186641Z app/my-lb/50dc 192.168.131.39:2817\n", "ELB access"),
        ("#Version: 1.0\n#Fields: date time x-edge-location\n", "CloudFront"),
        ("\n <!DOCTYPE html><html></html>", "HTML page"),
        ("<?xml version='1.0'?><Error/>", "XML"),
        ("just words\n", "text that is not JSON"),
        ("---\ninsertId: x\nlogName: y\n", "no audit log"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n", "YAML without a record"),
        ("<?xml version='1.0'?><results><result><field k='_raw'/>", "Splunk"),
        ("From: a@example.com\nSubject: logs\n\n--x\n", "what is attached to it"),
        ("-----------\n|  LookupEvents  |\n", "--output json"),
        ("{'Records': [{'eventVersion': '1.11'}]}", "json.dumps"),
        ("See how a record looks:\n\nlike this:\nlog: {\"eventVersion\": \"1\"}\n", "not JSON"),
    ],
)  # fmt: skip
def test_other_text_is_named(text: str, what: str) -> None:
    records, facts = read(text)
    assert records == []
    assert facts.status == "skipped"
    assert what in said(facts)


_KEYS = st.sampled_from(
    [
        "Records",
        "Events",
        "records",
        "events",
        "results",
        "logEvents",
        "QueryResultRows",
        "result",
        "_raw",
        "preview",
        "hits",
        "_source",
        "_index",
        "fields",
        "total",
        "event",
        "original",
        "action",
        "provider",
        "aws",
        "cloudtrail",
        "user_identity",
        "detail",
        "detail-type",
        "source",
        "message",
        "timestamp",
        "id",
        "field",
        "value",
        "@message",
        "eventJson",
        "QueryStatus",
        "tables",
        "columns",
        "rows",
        "name",
        "metadata",
        "product",
        "class_uid",
        "api",
        "operation",
        "actor",
        "user",
        "session",
        "unmapped",
        "resources",
        "key",
        "time",
        "cloud",
        "Message",
        "Sns",
        "Messages",
        "Body",
        "MessageId",
        "body",
        "messageId",
        "TopicArn",
        "ResultSet",
        "Rows",
        "Data",
        "VarCharValue",
        "ColumnInfo",
        "ResultSetMetadata",
        "eventName",
        "eventSource",
        "eventTime",
        "eventID",
        "userIdentity",
        "userIdentity.arn",
        "requestParameters",
        "username",
        "resourceName",
        "resourceType",
        "p_log_type",
        "AwsEventId",
        "TimeGenerated",
        "CloudTrailEvent",
        "s3",
        "udm",
        "principal",
        "event.original",
        "x",
    ]
)
_TEXTS = st.sampled_from(
    [
        *("PutImage", "aws.ecr", "ECR Image Action", "AWS API Call via CloudTrail", "PUSH"),
        *("CloudTrail", "{a=b, c={d=e}}", "{a=", "[{", "1e999", "02/13/2026", "99/99/9999 99:99"),
        *('{"eventName":"x","eventSource":"y"}', '{"eventSource', "arn:", "arn:aws", "", " "),
        *("null", "\x00", "\udc80"),
    ]
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | _TEXTS
    | st.text(max_size=6)
    | st.just(three()[1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=14,
)


@settings(max_examples=400)
@given(st.lists(_VALUES, min_size=1, max_size=3))
def test_no_json_makes_a_reader_raise(values: list[Any]) -> None:
    text = "\n".join(json.dumps(value) for value in values)
    records, facts = read(text.encode("utf-8", "surrogatepass"))
    for record in records:
        assert isinstance(json.loads(clean_record(record.fields, facts)), dict)
        assert isinstance(record.text, str)
    assert facts.notes() or facts.status == "read"


_CELLS = st.sampled_from(
    [
        "eventName",
        "eventSource",
        "eventTime",
        "userIdentity",
        "requestParameters",
        "recipientAccountId",
    ]
)


@settings(max_examples=150)
@given(
    st.lists(_CELLS, min_size=2, max_size=6),
    st.text('abc,;\t|"\n\r{}=[]0E+/.: \x00\ufeff', max_size=80),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_no_table_makes_a_reader_raise(header: list[str], rest: str, delimiter: str) -> None:
    records, facts = read(delimiter.join(header) + "\n" + rest)
    for record in records:
        clean_record(record.fields, facts)


@settings(max_examples=150)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_make_a_reader_raise(data: bytes) -> None:
    read(data)
    read(b"eventName,eventSource\n" + data)
    read(b"2026-03-02T10:05:00.000Z {" + data)
